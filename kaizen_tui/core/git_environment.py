"""How this program calls git: without another repository's variables, hooks, prompts or locks. Pure and light."""

from collections.abc import Mapping

# What a hook's or an alias' environment says about another repository (git rev-parse --local-env-vars).
_FOREIGN = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a git that asks nothing, fetches nothing and speaks English."""
    environment = {name: value for name, value in environ.items() if name not in _FOREIGN}
    environment.update(GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", GIT_NO_LAZY_FETCH="1", LC_ALL="C")
    return environment
