"""Makes the font files beside this script from the upstream releases.

    pip install fonttools brotli
    npm pack inter-ui@4.1.1 jetbrains-mono@1.0.6     # unpack both; any source of the same files will do
    python3 make.py InterVariable.woff2 JetBrainsMonoNL-Regular.woff2 JetBrainsMonoNL-Medium.woff2

Inter keeps its weight axis from 400 to 700 at the optical size for text, and gets figures of equal
width: a number that changes must not shake. All keep the characters of CHARACTERS and kerning alone,
the clock's those of CLOCK.
"""

import sys
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

HERE = Path(__file__).parent

CHARACTERS = (
    set(range(0x20, 0x7F))  # Basic Latin
    | set(range(0xA0, 0x180))  # Latin-1 Supplement, Latin Extended-A
    | {0x218, 0x219, 0x21A, 0x21B, 0x1E9E}
    | set(range(0x391, 0x3CA))  # Greek, for the letters of the papers
    | {ord(c) for c in "–—‘’‚“”„†‡•…‰′″‹›⁄€№™"}
    | {ord(c) for c in "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"}
    | {ord(c) for c in "←↑→↓↔↕↖↗↘↙⇐⇒⇔⇤⇥↦↩↪↵⇧⌘⌃⌥⌫⌦⎋⏎␣"}
    | {ord(c) for c in "∀∂∃∅∆∈∉∏∑−∕∗√∝∞∧∨∩∪≈≠≡≤≥⊂⊃⊆⊇⊥⟨⟩"}
    | {ord(c) for c in "■□▲△▶▷▼▽◀◁◆◇○●★☆✓✔✕✗✘"}
    | {0x2009, 0x200A, 0x202F, 0x2011}  # thin spaces, the hyphen that does not break
)
# The medium weight of the figures shows the clock, and nothing else.
CLOCK = set(range(0x20, 0x7F)) | {ord(c) for c in "µ·×–−…"} | {0xA0, 0x2009, 0x202F}
TABULAR = CHARACTERS & {ord(c) for c in "0123456789"}


def tabular_figures(font):
    """Lets the digits' code points show the glyphs of the feature `tnum`."""
    table = font["GSUB"].table
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    swaps = {}
    for index in sorted(lookups):
        for sub in table.LookupList.Lookup[index].SubTable:
            sub = getattr(sub, "ExtSubTable", sub)
            swaps.update(getattr(sub, "mapping", {}))
    for cmap in font["cmap"].tables:
        for code in TABULAR & set(getattr(cmap, "cmap", {})):
            cmap.cmap[code] = swaps.get(cmap.cmap[code], cmap.cmap[code])


def cut(font, name, characters=CHARACTERS):
    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.drop_tables += ["STAT", "DSIG", "MVAR", "meta"]
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    font.flavor = None
    font.save(HERE / name)
    lacks = "".join(chr(c) for c in sorted(characters - set(font.getBestCmap())))
    print(name, (HERE / name).stat().st_size, "bytes, lacks", lacks)


def main(inter, *monos):
    font = TTFont(inter, recalcTimestamp=False)
    font = instancer.instantiateVariableFont(font, {"opsz": 14, "wght": (400, 700)})
    whole = BytesIO()
    font.save(whole)  # the subsetter wants tables as a file has them
    font = TTFont(whole, recalcTimestamp=False)
    tabular_figures(font)
    cut(font, "Inter.ttf")
    for mono in monos:
        name = Path(mono).stem.replace("NL", "") + ".ttf"
        cut(TTFont(mono, recalcTimestamp=False), name, CLOCK if "Medium" in name else CHARACTERS)


main(*sys.argv[1:])
