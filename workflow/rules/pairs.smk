rule pairs:
    """Turn one shard of songs into drumless and drums recordings."""
    input:
        USED,
    output:
        directory(f"{RESULTS}/pairs/{{shard}}"),
    log:
        f"{RESULTS}/logs/pairs/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/pairs/{{shard}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2_000,
        runtime=240,
        gpu=0,
    params:
        # Only the rule census uses the other key: a change of it makes no pair again.
        config=settings(
            pairs={
                key: value
                for key, value in config["pairs"].items()
                if key != "max_rejected_share"
            }
        ),
    shell:
        "python -m jukedrummer pairs --songs {input:q}/{wildcards.shard}.tsv"
        " --output {output:q} --config {params.config:q} 2>&1 | tee {log:q}"


rule rejected:
    """Gather the songs that were left out."""
    input:
        corpus=LISTED,
        split=USED,
        pairs=PAIRS,
    output:
        REJECTED,
    log:
        f"{RESULTS}/logs/rejected/rejected.log",
    benchmark:
        f"{RESULTS}/benchmarks/rejected/rejected.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        tables=each(
            "--tables", [f"{folder}/rejected.tsv" for folder in (LISTED, USED, *PAIRS)]
        ),
    shell:
        "python -m jukedrummer rejected {params.tables:q} --output {output:q} 2>&1 | tee {log:q}"


rule census:
    """Count the songs of each source and split, and fail if too few are left."""
    input:
        pairs=PAIRS,
        rejected=REJECTED,
    output:
        CENSUS,
    log:
        f"{RESULTS}/logs/census/census.log",
    benchmark:
        f"{RESULTS}/benchmarks/census/census.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        pairs=each("--pairs", PAIRS),
        config=settings("pairs"),
    shell:
        "python -m jukedrummer census {params.pairs:q} --rejected {input.rejected:q}"
        " --output {output:q} --config {params.config:q} 2>&1 | tee {log:q}"
