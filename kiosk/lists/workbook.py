"""The parts of a new workbook that do not depend on what stands in it (ECMA-376 part 1, 12.3 and 18.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE_KIND = "application/vnd.openxmlformats-package"

TEXT, BOLD, FIRST_COLOUR = 0, 1, 2  # cell styles


def fixed_parts(sheets: Sequence[str], colours: Sequence[str], creator: str) -> Iterator[tuple[str, str]]:
    """Names and XML of the parts round *sheets* (their names), which are xl/worksheets/sheet1.xml and so on.

    Every cell style is of text (number format 49): TEXT, BOLD, and from FIRST_COLOUR on one for each of *colours*.
    *creator* is the element of ``docProps/core.xml`` that says which program wrote the file.
    """
    numbers = range(1, len(sheets) + 1)
    kinds = {"xl/workbook.xml": f"{_KIND}.sheet.main+xml", "xl/styles.xml": f"{_KIND}.styles+xml"}
    kinds |= {f"xl/worksheets/sheet{number}.xml": f"{_KIND}.worksheet+xml" for number in numbers}
    kinds |= {"docProps/core.xml": f"{_PACKAGE_KIND}.core-properties+xml"}
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in kinds.items())
    defaults = f'<Default Extension="rels" ContentType="{_PACKAGE_KIND}.relationships+xml"/>'
    yield "[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{overrides}</Types>'
    core = (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml")
    yield "_rels/.rels", _relationships((f"{_RELATIONS}/officeDocument", "xl/workbook.xml"), core)
    names = f'xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    yield "docProps/core.xml", f"<cp:coreProperties {names}>{creator}</cp:coreProperties>"
    listed = "".join(f'<sheet name="{sheets[n - 1]}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
    yield "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>'
    of_workbook = [(f"{_RELATIONS}/worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    yield "xl/_rels/workbook.xml.rels", _relationships(*of_workbook, (f"{_RELATIONS}/styles", "styles.xml"))
    yield "xl/styles.xml", _styles(colours)


def _relationships(*targets: tuple[str, str]) -> str:
    lines = (f'<Relationship Id="r{n}" Type="{kind}" Target="{part}"/>' for n, (kind, part) in enumerate(targets, 1))
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def _styles(colours: Sequence[str]) -> str:
    solid = '<fill><patternFill patternType="solid"><fgColor rgb="{}"/><bgColor indexed="64"/></patternFill></fill>'
    fills = "".join(solid.format(colour) for colour in colours)
    looks = [(0, 0), (1, 0), *((0, fill) for fill in range(2, 2 + len(colours)))]
    cells = "".join(
        f'<xf numFmtId="49" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"'
        ' applyFill="1"/>'
        for font, fill in looks
    )
    font = '<sz val="11"/><name val="Calibri"/>'
    return (
        f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        f'<fills count="{2 + len(colours)}"><fill><patternFill patternType="none"/></fill>'
        f'<fill><patternFill patternType="gray125"/></fill>{fills}</fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(looks)}">{cells}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
