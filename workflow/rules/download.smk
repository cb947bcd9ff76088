# This rule runs where Snakemake runs. The nodes of a cluster often have no internet access.
localrules:
    download,


# The data set is in the source's path, outside of the results. Snakemake does not remove it.
rule download:
    """Download and unpack the data set of one source, unless its folder has files."""
    output:
        f"{RESULTS}/download/{{source}}.json",
    log:
        f"{RESULTS}/logs/download/{{source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/download/{{source}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1_000,
        runtime=1_440,
        gpu=0,
    params:
        config=download_settings,
    shell:
        "python -m jukedrummer download --source {wildcards.source} --output {output:q}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
