rule generate:
    """Generate drums for every held-out song."""
    input:
        pairs=PAIRS,
        drums=model("vqvae/drums"),
        drumless=model("vqvae/drumless"),
        lm=model("lm/{experiment}"),
        vocoder=model("vocoder"),
        tracker=TRACKER,
    output:
        directory(f"{RESULTS}/generated/{{experiment}}"),
    log:
        f"{RESULTS}/logs/generate/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/generate/{{experiment}}.tsv"
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=3_000,
        runtime=240,
        gpu=0,
    params:
        pairs=each("--pairs", PAIRS),
        drums=folder_of("drums"),
        drumless=folder_of("drumless"),
        lm=folder_of("lm"),
        vocoder=folder_of("vocoder"),
        tracker=tracker_option,
        config=settings("generate", "beats"),
    shell:
        "python -m jukedrummer generate {params.pairs:q} --drums {params.drums:q}"
        " --drumless {params.drumless:q} --lm {params.lm:q} --vocoder {params.vocoder:q} {params.tracker:q}"
        " --output {output:q} --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"
