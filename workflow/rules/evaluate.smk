rule baselines:
    """Make and measure the baselines, which all experiments share."""
    input:
        pairs=PAIRS,
        songs=SONGS,
        drums=model("vqvae/drums"),
        vocoder=model("vocoder"),
        tracker=TRACKER,
        transcriber=STROKE_READER,
        score=SCORE_WRITER,
    output:
        directory(f"{RESULTS}/baselines"),
    log:
        f"{RESULTS}/logs/baselines/baselines.log",
    benchmark:
        f"{RESULTS}/benchmarks/baselines/baselines.tsv"
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=3_000,
        runtime=240,
    params:
        pairs=each("--pairs", PAIRS),
        songs=each("--songs", SONGS),
        drums=folder_of("drums"),
        vocoder=folder_of("vocoder"),
        tracker=tracker_option,
        transcriber=stroke_option,
        score=score_option,
        config=settings("evaluate", "beats"),
    shell:
        "python -m jukedrummer baselines {params.pairs:q}"
        " {params.songs:q} --drums {params.drums:q} --vocoder {params.vocoder:q} {params.tracker:q}"
        " {params.transcriber:q} {params.score:q}"
        " --output {output:q} --threads {threads} --config {params.config:q} 2>&1 | tee {log:q}"


rule evaluate:
    """Measure one experiment's drums and compare them with the baselines."""
    input:
        pairs=PAIRS,
        features=FEATURES,
        codes=CODES,
        lm=model("lm/{experiment}"),
        generated=f"{RESULTS}/generated/{{experiment}}",
        baselines=f"{RESULTS}/baselines",
        transcriber=STROKE_READER,
    output:
        directory(f"{RESULTS}/evaluation/{{experiment}}"),
    log:
        f"{RESULTS}/logs/evaluate/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{experiment}}.tsv"
    conda:
        "../../environment.yml"
    threads: share(1, limit=16)
    resources:
        mem_mb=3_000,
        runtime=240,
    params:
        pairs=each("--pairs", PAIRS),
        features=each("--features", FEATURES),
        codes=each("--codes", CODES),
        lm=folder_of("lm"),
        transcriber=stroke_option,
        config=settings("evaluate"),
    shell:
        "python -m jukedrummer evaluate {params.pairs:q}"
        " {params.features:q} {params.codes:q} --lm {params.lm:q} --generated {input.generated:q}"
        " --baselines {input.baselines:q} {params.transcriber:q} --output {output:q} --threads {threads}"
        " --config {params.config:q} 2>&1 | tee {log:q}"
