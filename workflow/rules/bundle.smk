rule bundle:
    """Gather the models, the samples and the report of one experiment."""
    input:
        pairs=PAIRS,
        drums=model("vqvae/drums"),
        drumless=model("vqvae/drumless"),
        lm=model("lm/{experiment}"),
        vocoder=model("vocoder"),
        tracker=TRACKER,
        score=SCORE_WRITER,
        generated=f"{RESULTS}/generated/{{experiment}}",
        evaluation=f"{RESULTS}/evaluation/{{experiment}}",
    output:
        directory(f"{RESULTS}/lm_{{experiment}}"),
    log:
        f"{RESULTS}/logs/bundle/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/bundle/{{experiment}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2_000,
        runtime=30,
    params:
        pairs=each("--pairs", PAIRS),
        drums=folder_of("drums"),
        drumless=folder_of("drumless"),
        lm=folder_of("lm"),
        vocoder=folder_of("vocoder"),
        tracker=tracker_option,
        score=score_option,
        config=settings("evaluate", "beats", "generate"),
    shell:
        "python -m jukedrummer bundle {params.pairs:q} --drums {params.drums:q}"
        " --drumless {params.drumless:q} --lm {params.lm:q} --vocoder {params.vocoder:q} {params.tracker:q}"
        " {params.score:q}"
        " --generated {input.generated:q} --evaluation {input.evaluation:q} --output {output:q}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
