"""Configurations and files that differ from the shipped ones in a few words.

NAME.variants is read line by line:

    = life-cycles/complaint.yaml                      this file of the configuration reads otherwise, for the whole run
    = short.yaml < life-cycles/complaint.yaml         a file beside the scenario, made from one of the configuration
    - {class: SMALL, ms: 40min, later: 20min}         this piece of text …
    + {class: SMALL, ms: 30min, later: 20min}         … is replaced; it must stand there exactly once
    # …                                               a remark

Several `-` or `+` lines in a row are one piece of several lines.
"""
import contextlib
import pathlib
import shutil
import tempfile


def blocks(text):
    """[(target, source, [(old, new)])]"""
    out, last = [], None
    for line in text.splitlines():
        sign, rest = line[:1], line[2:]
        if sign == "=":
            target, _, source = (part.strip() for part in rest.partition("<"))
            out.append((target, source, []))
        elif sign == "-" and last == "-":
            out[-1][2][-1][0].append(rest)
        elif sign == "-":
            out[-1][2].append(([rest], []))
        elif sign == "+":
            out[-1][2][-1][1].append(rest)
        last = sign
    return out


def changed(text, changes):
    for old, new in changes:
        old, new = "\n".join(old), "\n".join(new)
        if text.count(old) != 1:
            raise ValueError(f"stands {text.count(old)} times, not once: {old}")
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def made(config, scenario):
    """(configuration, scenario) to run: the given ones, or copies of them with what NAME.variants asks for."""
    recipe = pathlib.Path(scenario).with_suffix(".variants")
    if not recipe.exists():
        yield config, scenario
        return
    with tempfile.TemporaryDirectory(prefix="hongxin-trace-") as made_in:
        folder = pathlib.Path(made_in)
        shutil.copytree(config, folder / "config")
        path = shutil.copy(scenario, folder)
        for target, source, changes in blocks(recipe.read_text(encoding="utf-8")):
            text = (pathlib.Path(config) / (source or target)).read_text(encoding="utf-8")
            to = folder / target if source else folder / "config" / target
            to.write_text(changed(text, changes), encoding="utf-8")
        yield str(folder / "config"), path
