"""`python -m jukedrummer.config`: write `config/config.yaml` and its JSON schema."""

from pathlib import Path

from jukedrummer.config.documents import write_documents

for path in write_documents(Path(__file__).parents[2]):
    print(path)
