"""Reads the message of tests/golden/test_e2b.py with the package e2br3: `python -m tests.golden.witness.e2b.parse`, run with e2br3 0.1.0."""

import importlib.metadata
import json
from pathlib import Path

from tests.golden.test_e2b import WHOLE

if __name__ == "__main__":
    import e2br3

    found = {"program": f"e2br3 {importlib.metadata.version('e2br3')}", "message": WHOLE.xml.decode(),
             "parsed": json.loads(e2br3.parse(WHOLE.xml).model_dump_json())}  # fmt: skip
    out = Path(__file__).parent / "parsed.json"
    out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
