"""The phrases around the printed casebook, in English and in Chinese."""

from trialwright.protocol import Text

WORDS = {
    "casebook-pdf": Text("Casebook as PDF (copy)", "病例报告 PDF（副本）"),
}
