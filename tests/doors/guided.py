"""One parser under atheris, guided by what it covers: `python -m tests.doors.guided NAME SECONDS`, in an environment that has atheris."""

import sys


def main(name: str, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["trialwright"]):
        from tests.doors import parsers
    corpus = parsers.FOLDER / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(parsers.seeds()[name]):
        (corpus / str(number)).write_bytes(seed)
    limits = [f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0", "-max_len=6000"]
    atheris.Setup([sys.argv[0], str(corpus), *limits], lambda content: parsers.read(name, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
