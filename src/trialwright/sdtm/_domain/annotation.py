"""The annotations of the case report form: where in the tabulation the answer to a question goes."""

import re
from functools import lru_cache

from attrs import frozen

_TARGET = re.compile(r"([A-Z][A-Z0-9]{1,7})\.([A-Z][A-Z0-9]{0,7})(?: where (.+))?")
_CONSTANT = re.compile(r"([A-Z][A-Z0-9]{0,7}) = (.+)")
_AND = re.compile(r" and (?=[A-Z][A-Z0-9]{0,7} = )")


@frozen(kw_only=True)
class Target:
    """One place to which an answer goes: a variable of a domain, in the record that these constants describe."""

    domain: str
    variable: str
    where: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=4096)
def targets(annotation: str | None) -> tuple[Target, ...]:
    """The places that an annotation names; none when the answer is not submitted.

    Several are parted by semicolons; constants follow `where` and are joined by `and`. Raises `ValueError` for what
    cannot be read.

    >>> targets("RE.REORRES where RETESTCD = FVC")
    (Target(domain='RE', variable='REORRES', where=(('RETESTCD', 'FVC'),)),)
    >>> [target.variable for target in targets("CM.CMTRT; CM.CMDECOD")]
    ['CMTRT', 'CMDECOD']
    >>> targets("[not submitted] kept as essential document")
    ()
    """
    if annotation is None or annotation.startswith("[not submitted]"):
        return ()
    return tuple(_target(part.strip(), annotation) for part in annotation.split(";"))


def _target(text: str, annotation: str) -> Target:
    found = _TARGET.fullmatch(text)
    if found is None:
        raise ValueError(
            f"“{annotation}” is no annotation. Write DOMAIN.VARIABLE, then, if needed, where NAME = value and NAME = value."
        )
    domain, variable, where = found.groups()
    constants = [_CONSTANT.fullmatch(part) for part in _AND.split(where)] if where else []
    if any(one is None for one in constants):
        raise ValueError(f"“{annotation}” is no annotation: after where, write NAME = value and NAME = value.")
    return Target(domain=domain, variable=variable, where=tuple((one[1], one[2].strip()) for one in constants if one))
