"""The people of the sample platform, as they appear in logs."""


def _person(name: str) -> str:
    local = name.lower().replace("á", "a").replace(" ", ".")
    return f"{name} <{local}@kestrel.example>"


ANA = _person("Ana Ribeiro")  # backend-team
JONAS = _person("Jonas Weber")  # backend-team
PRIYA = _person("Priya Nair")  # web-team
LUCAS = _person("Lucas Moreau")  # edge-team
HANNA = _person("Hanna Lindqvist")  # search-team
TOMAS = _person("Tomás Herrera")  # billing-team
GRACE = _person("Grace Kim")  # discovery-team
IDRIS = _person("Idris Bello")  # platform-team
MEI = _person("Mei Tanaka")  # platform lead
SEUN = _person("Seun Adeyemi")  # site reliability
MAINTAINERS = "Kaizen maintainers <maintainers@kaizen.example>"  # of this repository
EVALUATOR = "kaizen evaluate"
CONTROLLER = "kaizen run"
