rule train_lm:
    """Train the language model of one experiment over drum codes."""
    input:
        features=FEATURES,
        codes=CODES,
        census=CENSUS,
    output:
        model("lm/{experiment}"),
    log:
        f"{RESULTS}/logs/train_lm/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_lm/{{experiment}}.tsv"
    priority: 50
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=memory(4_000),
        runtime=2_880,
        gpu=0,
    params:
        features=each("--features", FEATURES),
        codes=each("--codes", CODES),
        folder=lambda wildcards, output: Path(output[0]).parent,
        config=lm_settings,
    shell:
        "python -m jukedrummer train_lm {params.features:q} {params.codes:q} --output {params.folder:q}"
        " --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
