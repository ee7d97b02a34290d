"""JUnit XML, for CI servers: one test case for each check.

Written by hand: the standard library writes XML, and there are only five elements. junitparser is made for reading and
merging, and junit-xml wraps the same five elements: neither would save a line here.
"""

from __future__ import annotations

from xml.etree import ElementTree

from ..report import Report

__all__ = ["junit"]


def junit(report: Report) -> str:
    """Write the report as JUnit XML."""
    skipped = report.count("skipped") + report.count("ignored")
    counts = {"tests": len(report.rows), "failures": report.count("failed", "error"), "errors": 0, "skipped": skipped}
    totals = {name: str(count) for name, count in counts.items()} | {"time": f"{report.seconds:.3f}"}
    totals["name"] = "curriculum check"
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", totals)
    for row in report.rows:
        classname = f"contract.{row.family.replace(' ', '_')}"
        case = ElementTree.SubElement(suite, "testcase", classname=classname, name=f"{row.id} {row.title}", time="0")
        if row.status == "failed":
            told = "\n".join(f"{one.where + ': ' if one.where else ''}{one.sentence}" for one in row.findings)
            fixes = "\n".join(dict.fromkeys(one.fix or row.fix for one in row.findings))
            if row.level == "error":
                failure = ElementTree.SubElement(case, "failure", message=told.partition("\n")[0], type=row.id)
                failure.text = f"{told}\n{fixes}\n{row.url}"
            else:
                ElementTree.SubElement(case, "system-err").text = f"warning: {told}\n{fixes}\n{row.url}"
        elif row.status in {"skipped", "ignored"}:
            ElementTree.SubElement(case, "skipped", message=row.reason)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"
