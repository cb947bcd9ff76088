"""The checked config, the paths that every stage agrees on, and what each rule hands to its subcommand."""

import fcntl
import json
import os
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

# The config's own checks, also where the package is only installed in the rules' conda environment.
sys.path.insert(0, str(workflow.basedir))

from jukedrummer.config import Config, override, parse as parse_config
from jukedrummer.errors import UserError


def remove_stale_locks():
    """Remove the locks that a killed Snakemake left in this folder, so that the next run just continues.

    Snakemake's locks are plain files, which outlive it. This one is the kernel's: every run shares
    it and it ends with the run, however that ends. Whoever gets it alone is the only run.
    Nothing happens where the file system has no such locks: then `snakemake --unlock` is needed.

    Returns:
        the open file, which holds the lock.
    """
    Path(".snakemake").mkdir(exist_ok=True)
    running = open(".snakemake/running", "w")
    try:
        fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(".snakemake/locks", ignore_errors=True)
    except OSError:
        pass
    try:
        fcntl.flock(running, fcntl.LOCK_SH)
    except OSError:
        pass
    return running


if workflow.is_main_process:
    running = remove_stale_locks()

# First what says it in one line; then the schema, for keys that are missing.
try:
    parse_config(Config, config)
except UserError as error:
    raise WorkflowError(str(error))
validate(config, "../schemas/config.schema.yaml")

RESULTS = Path(config["results"]).as_posix()
MANIFEST = f"{RESULTS}/corpus/manifest.tsv"
REJECTED = f"{RESULTS}/rejected.tsv"
SHARDS = range(config["corpus"]["shards"])
PAIRS = expand(f"{RESULTS}/pairs/{{shard}}", shard=SHARDS)
FEATURES = expand(f"{RESULTS}/features/{{shard}}.h5", shard=SHARDS)
SONGS = expand(f"{RESULTS}/features/{{shard}}.tsv", shard=SHARDS)
CODES = expand(f"{RESULTS}/codes/{{shard}}.h5", shard=SHARDS)


# The shell command that makes results, up to its targets: what tables say of themselves. No param of a rule:
# whoever gives the same settings in another file need not make them again.
CONFIGFILES = [os.path.relpath(path) for path in workflow.overwrite_configfiles]
COMMAND = ["snakemake --cores all"]
if CONFIGFILES:
    COMMAND += ["--configfile", *CONFIGFILES, "--"]
os.environ.update(JUKEDRUMMER_COMMAND=" ".join(COMMAND))


def runs():
    """Name to `lm` section of all that can be trained: the experiments, for the tables with further seeds."""
    result = {}
    for name, changes in config["experiments"].items():
        lm = override(config["lm"], changes)
        first = lm["optim"]["seed"]
        for seed in range(first, first + config["seeds"]):
            run = name if seed == first else f"{name}_seed{seed}"
            result[run] = override(lm, {"optim": {"seed": seed}})
    return result


RUNS = runs()


wildcard_constraints:
    shard=r"\d+",
    part="drums|drumless",
    experiment="|".join(RUNS),


def model(folder):
    """The files of a trained model below results."""
    return multiext(
        f"{RESULTS}/{folder}/", "weights.safetensors", "model.json", "history.csv"
    )


def folder_of(name):
    """The folder of a model that is a rule's input, to be given to its subcommand."""
    return lambda wildcards, input: Path(input.get(name)[0]).parent


def each(option, paths):
    """An option repeated for each path."""
    return [word for path in paths for word in (option, path)]


def share(parts, limit):
    """Threads: the machine's cores dealt to as many jobs; `limit` at most, and where a cluster schedules."""
    try:
        return min(limit, max(1, workflow.cores // parts))
    except WorkflowError:
        return limit


def memory(megabytes):
    """What a training asks for: twice as much each time it is tried again, for sizes beyond the demo's."""
    return lambda wildcards, attempt: megabytes * 2 ** (attempt - 1)


def settings(*sections, **others):
    """Sections of the config as JSON, and nothing else: a change elsewhere must not re-run the stage."""
    return json.dumps(
        {**{name: config[name] for name in sections}, **others}, sort_keys=True
    )


def tracker_option(wildcards, input):
    """The option that names its folder, where a rule has it as input."""
    return ["--tracker", Path(input.tracker[0]).parent] if input.tracker else []
