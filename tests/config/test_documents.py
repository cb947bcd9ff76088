"""The two generated files equal the stored files, and agree with the sections."""

import jsonschema
import pytest
import yaml

from jukedrummer.config import defaults, plain, read_yaml
from jukedrummer.config.documents import CONFIG_FILE, SCHEMA_FILE, WIDTH, config_yaml, schema_yaml
from jukedrummer.config.whole import Config
from tests.workflow.workspaces import ROOT

SCHEMA = yaml.safe_load(schema_yaml())


@pytest.mark.parametrize(
    ("file", "text"), [(CONFIG_FILE, config_yaml()), (SCHEMA_FILE, schema_yaml())]
)
def test_the_stored_file_is_the_generated_one(file, text):
    assert (ROOT / file).read_text() == text, "run: python -m jukedrummer.config"


def test_config_yaml_holds_every_key_at_its_default():
    assert yaml.safe_load(config_yaml()) == defaults()


def test_every_key_of_config_yaml_has_a_comment_that_fits():
    before = ""
    runs = list(defaults()["experiments"])
    for line in config_yaml().splitlines():
        assert len(line) <= WIDTH, line
        name = line.split(":")[0].strip()
        # Experiments are names that a user chooses; their section is explained.
        explained = "#" in line or before.strip().startswith("#") or name in runs
        assert explained or not line.strip(), line
        before = line


def closed(schema: dict, where: str) -> None:
    if "oneOf" in schema:
        for number, kind in enumerate(schema["oneOf"]):
            closed(kind, f"{where}[{number}]")
    elif schema.get("type") == "object" and "properties" in schema:
        assert schema["additionalProperties"] is False, where
        for name, value in schema["properties"].items():
            assert value["description"], f"{where}.{name}"
            closed(value, f"{where}.{name}")


def test_the_schema_is_closed_and_describes_every_key():
    closed(SCHEMA, "config")
    experiments = SCHEMA["properties"]["experiments"]["additionalProperties"]
    closed(experiments, "experiment")
    assert experiments["properties"]["family"]["enum"] == ["listening", "paper"]


def test_the_schema_accepts_the_defaults_and_rejects_what_the_sections_reject():
    for values in (defaults(), plain(Config()), {}, {"vocoder": {"kind": "griffin_lim"}}):
        jsonschema.validate(values, SCHEMA)
    for values in (
        {"mel": {"hop": 4}},
        {"mel": {"hopp": 128}},
        {"vocoder": {"kind": "istft", "iterations": 3}},
        {"lm": {"beats": "loud"}},
        {"experiments": {"mine": {"layer": 3}}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values, SCHEMA)


@pytest.mark.parametrize("name", ["smoke", "paper", "families", "midi"])
def test_other_files_hold_only_what_differs(name):
    changes = read_yaml(ROOT / f"config/{name}.yaml")
    values = defaults()
    for section, value in changes.items():
        assert value != values[section], section
    assert len(changes) < len(values) or changes != values, "a whole copy"
