"""Typed blocks of a file (pydantic): scalars from text, strictly, and errors that name the field.

Every scalar of a YAML file arrives as text, so the types here read text: `"true"` is a flag, `"3s"` are seconds,
`"5%"` is a share. Values that are already typed (defaults, tests, JSON) pass as they are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kaizen_tui.core.checker import FieldError, FieldErrors, Path
from kaizen_tui.core.ids import did_you_mean, near_hint
from kaizen_tui.core.units import parse_duration, parse_fraction, parse_integer, parse_number, parse_size
from kaizen_tui.core.values import Value, kind_of, quoted

_FLAGS = {"true": True, "false": False}


def _reads(parse: Callable[[str], object]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def _parse_flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError(f"{quoted(text)} is neither true nor false")
    return _FLAGS[text]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    return text


def _words(value: object) -> object:
    if isinstance(value, str):
        raise ValueError("a command is a list of words, such as [python, bench.py]; no shell reads it")  # noqa: TRY004
    return value


def _relative(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{quoted(path)} leaves the work tree; use a path within it")
    return path


Flag = Annotated[bool, Field(strict=True), _reads(_parse_flag)]
Integer = Annotated[int, Field(strict=True), _reads(parse_integer)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False), _reads(parse_number)]
Seconds = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False), _reads(parse_duration)]
Span = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), _reads(parse_duration)]
Bytes = Annotated[int, Field(strict=True, gt=0), _reads(parse_size)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False), _reads(parse_fraction)]
Text = Annotated[str, Field(strict=True), AfterValidator(_not_blank)]
Argv = Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_words)]
WorkTreePath = Annotated[Text, AfterValidator(_relative)]


class Block(BaseModel):
    """A frozen block of a file whose unknown keys are kept (`model_extra`). A key without a value counts as absent."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    def unknown(self, at: Path = ()) -> tuple[tuple[Path, str], ...]:
        """The keys that the format doesn't know, within this block: (path, hint "did you mean …?" or "")."""
        names = tuple(type(self).model_fields)
        found: list[tuple[Path, str]] = [((*at, key), near_hint(key, names)) for key in self.model_extra or ()]
        for name in names:
            found.extend(_unknown_within(getattr(self, name), (*at, name)))
        return tuple(found)

    @classmethod
    def read(cls, raw: Value | Mapping[str, Any], at: Path = ()) -> Self:
        """The block from its raw value, which lies at `at` in the file. Raises FieldErrors."""
        return validated(cls, raw, at)


class StrictBlock(Block):
    """A block in which an unknown key is an error that names the nearest known one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _unknown_within(value: object, at: Path) -> Sequence[tuple[Path, str]]:
    if isinstance(value, Block):
        return value.unknown(at)
    if isinstance(value, tuple):
        return [hit for position, item in enumerate(value) for hit in _unknown_within(item, (*at, position))]
    return ()


AnyModel = TypeVar("AnyModel", bound=BaseModel)


def validated(model: type[AnyModel], raw: object, at: Path = ()) -> AnyModel:
    """`model` from the raw value at `at`. Raises FieldErrors, each with the path of the field from the top."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise field_errors(error, model, raw, at) from None


def field_errors(error: ValidationError, model: type[BaseModel], raw: object, at: Path = ()) -> FieldErrors:
    """pydantic's errors in this project's words, with the paths of the file."""
    items = error.errors(include_url=False)
    inside = {item["loc"][:-1] for item in items}
    # A list whose items are all wrong is not "too short" as well.
    told = [item for item in items if not (item["type"] == "too_short" and item["loc"] in inside)]
    return FieldErrors([_translate(dict(item), model, raw, at) for item in told])


def _has(value: object, part: str | int) -> bool:
    if isinstance(value, (list, tuple)):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _walk(model: type[BaseModel], raw: object, loc: Sequence[str | int]) -> tuple[Path, object, list[str]]:
    """What pydantic's `loc` means in the file: the path, the value that lies there, the keys known there.

    The path is `loc` without what pydantic adds: tags of unions, "[key]", the name of a missing key.
    """
    path: list[str | int] = []
    here, models = raw, [model]
    for part in loc:
        if len(models) > 1 and isinstance(here, Mapping) and here.get("type") == part:
            tagged = [item for item in models if part in get_args(item.model_fields["type"].annotation)]
            models = tagged or models
        elif _has(here, part):
            here = here[part]  # type: ignore[index]
            path.append(part)
            fields = [item.model_fields[str(part)] for item in models if part in item.model_fields]
            models = [found for field in fields for found in _models_in(field.annotation)] or models
    return tuple(path), here, list(dict.fromkeys(name for item in models for name in item.model_fields))


_WANTED = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": "text",
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
}
_LIMITS = {"greater_than": ("above", "gt"), "greater_than_equal": ("at least", "ge"), "less_than": ("below", "lt"),
           "less_than_equal": ("at most", "le")}  # fmt: skip


def _literals(expected: str) -> list[str]:
    """The words of pydantic's list "'a', 'b' or 'c'"."""
    return re.findall(r"'([^']*)'", expected)


def _dotted(path: Path) -> str:
    """The path as people write it: slo.metrics[0].sli; positions count from 0."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    return text or "the file"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return kind_of(value) if value is None or isinstance(value, (list, tuple, dict)) else str(value)


def _translate(item: dict[str, Any], model: type[BaseModel], raw: object, at: Path) -> FieldError:
    kind, loc, context = item["type"], item["loc"], item.get("ctx", {})
    inner, value, _ = _walk(model, raw, loc)
    path = (*at, *inner)
    name = _dotted(path)
    if loc[-1:] == ("[key]",):
        name, value = f"a key of {_dotted(path[:-1])}", loc[-2]
    if kind == "missing":
        return FieldError(path, f"{_dotted((*path, loc[-1]))} is missing", f"add `{loc[-1]}`")
    if kind == "extra_forbidden":
        known = _walk(model, raw, loc[:-1])[2]
        return FieldError(path, f"unknown key {quoted(name)}", did_you_mean(str(loc[-1]), known))
    if kind == "literal_error":
        hint = did_you_mean(str(value), _literals(context["expected"]))
        return FieldError(path, f"{name} can't be {_shown(value)}", hint)
    if kind == "union_tag_invalid":
        hint = did_you_mean(context["tag"], _literals(context["expected_tags"]))
        return FieldError((*path, "type"), f"{name}.type can't be {quoted(context['tag'])}", hint)
    if kind == "union_tag_not_found":
        return FieldError(path, f"{name} needs a `type`")
    if kind == "json_invalid":
        return FieldError((), f"not JSON: {context['error']}")
    if kind in _WANTED:
        return FieldError(path, f"{name} must be {_WANTED[kind]}, not {_shown(value) if value else kind_of(value)}")
    if kind in _LIMITS:
        word, key = _LIMITS[kind]
        return FieldError(path, f"{name} must be {word} {context[key]:g}, not {_shown(value)}")
    if kind in ("too_short", "string_too_short"):
        return FieldError(path, f"{name} must not be empty")
    return _own_error(item, path, name, value)


def _own_error(item: dict[str, Any], path: Path, name: str, value: object) -> FieldError:
    """An error of one of this project's own checks, or a rare one of pydantic's."""
    cause = item.get("ctx", {}).get("error")
    if item["type"] != "value_error" or cause is None:
        return FieldError(path, f"{name} is {_shown(value)}: {item['msg'][:1].lower()}{item['msg'][1:]}")
    message, hint = (cause.message, cause.hint) if isinstance(cause, FieldError) else (str(cause), "")
    shown = f" is {_shown(value)}" if isinstance(value, str) and value and _shown(value) not in message else ""
    return FieldError(path, f"{name}{shown}: {message}", hint)
