"""From songs to a bundle: results/lm_{experiment}. docs/architecture.md explains each stage."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/download.smk"
include: "workflow/rules/corpus.smk"
include: "workflow/rules/pairs.smk"
include: "workflow/rules/tracker.smk"
include: "workflow/rules/transcriber.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/inspect.smk"
include: "workflow/rules/vqvae.smk"
include: "workflow/rules/vocoder.smk"
include: "workflow/rules/lm.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/bundle.smk"
include: "workflow/rules/tables.smk"


rule all:
    """The default target of `snakemake --cores all`."""
    default_target: True
    input:
        f"{RESULTS}/lm_beat_high",
