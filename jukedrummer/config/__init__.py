"""Every setting, once: with unit, bounds and source.

`base` has the parts of sections, and `parsing` makes sections from mappings. `sections` and
`models` declare the sections, and `registries` their kinds. `checks` compares sections with each
other. `requirements` checks that the machine has what they need. `merge` merges configs, and
`whole` reads them. `documents` writes `config/config.yaml` and its JSON schema.
"""

from jukedrummer.config.archive import Archive
from jukedrummer.config.base import Integers, NameIn, Names, OneOf, Section, key, plain
from jukedrummer.config.corpus import SOURCE, CorpusConfig, FilesConfig, SourceConfig
from jukedrummer.config.merge import merge, merge_kinds, override, written
from jukedrummer.config.models import (
    LM,
    VOCODER,
    VQVAE,
    LMConfig,
    OptimConfig,
    TrackerConfig,
    TrainedVocoderConfig,
    VocoderConfig,
    VQVAEConfig,
    optim,
)
from jukedrummer.config.parsing import (
    changed,
    from_stored,
    kind_from_stored,
    parse,
    parse_kind,
    parse_options,
)
from jukedrummer.config.registries import (
    EMBEDDING_WIDTH,
    LANGUAGE_MODELS,
    PARTS,
    REPRESENTATIONS,
    SAMPLE_RATE,
    SOURCES,
    TRACKERS,
    VOCODERS,
    VQVAES,
    ModelKind,
    Part,
)
from jukedrummer.config.requirements import (
    require_chromaprint,
    require_file,
    require_folder,
    require_package,
)
from jukedrummer.config.sections import (
    BEATS,
    BeatsConfig,
    ClipConfig,
    DBNConfig,
    EvaluateConfig,
    GenerateConfig,
    InspectConfig,
    MelConfig,
    PairsConfig,
    TablesConfig,
)
from jukedrummer.config.whole import (
    SECTION_NAMES,
    Config,
    VQVAEParts,
    defaults,
    load,
    read_sections,
    read_yaml,
)

__all__ = [
    "BEATS",
    "EMBEDDING_WIDTH",
    "LANGUAGE_MODELS",
    "LM",
    "PARTS",
    "REPRESENTATIONS",
    "SAMPLE_RATE",
    "SECTION_NAMES",
    "SOURCE",
    "SOURCES",
    "TRACKERS",
    "VOCODER",
    "VOCODERS",
    "VQVAE",
    "VQVAES",
    "Archive",
    "BeatsConfig",
    "ClipConfig",
    "Config",
    "CorpusConfig",
    "DBNConfig",
    "EvaluateConfig",
    "FilesConfig",
    "GenerateConfig",
    "InspectConfig",
    "Integers",
    "LMConfig",
    "MelConfig",
    "ModelKind",
    "NameIn",
    "Names",
    "OneOf",
    "OptimConfig",
    "PairsConfig",
    "Part",
    "Section",
    "SourceConfig",
    "TablesConfig",
    "TrackerConfig",
    "TrainedVocoderConfig",
    "VQVAEConfig",
    "VQVAEParts",
    "VocoderConfig",
    "changed",
    "defaults",
    "from_stored",
    "key",
    "kind_from_stored",
    "load",
    "merge",
    "merge_kinds",
    "optim",
    "override",
    "parse",
    "parse_kind",
    "parse_options",
    "plain",
    "read_sections",
    "read_yaml",
    "require_chromaprint",
    "require_file",
    "require_folder",
    "require_package",
    "written",
]
