"""Files that are only text, for the tests of what reads them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pgpool_py.auth.hba import Hba, read_hba
from pgpool_py.auth.hba_address import IPInterface
from pgpool_py.auth.ident import Ident, read_ident
from pgpool_py.auth.record_file import RecordFile, read_records


@dataclass
class Texts:
    """Files by path; ``read_paths`` are those that were read, in order."""

    texts: dict[str, str]
    read_paths: list[str] = field(default_factory=list)

    def read(self, path: str) -> str:
        self.read_paths.append(path)
        if path in self.texts:
            return self.texts[path]
        if path.endswith("forbidden"):
            raise PermissionError(13, "Permission denied")
        raise FileNotFoundError(2, "No such file or directory")

    def names(self, directory: str) -> Iterable[str]:
        inside = [p for p in self.texts if p.startswith(directory.rstrip("/") + "/")]
        if not inside:
            raise NotADirectoryError(20, "Not a directory")
        return [path.rpartition("/")[2] for path in inside]


def records_of(text: str, **others: str) -> RecordFile:
    return read_records("/etc/f", texts_of(text, **others))


def hba_of(
    text: str, interfaces: Iterable[IPInterface] | None = None, **others: str
) -> Hba:
    own = None if interfaces is None else tuple(interfaces)
    return read_hba("/etc/f", texts_of(text, **others), own)


def ident_of(text: str, **others: str) -> Ident:
    return read_ident("/etc/f", texts_of(text, **others))


def texts_of(text: str, **others: str) -> Texts:
    """Give ``/etc/f`` with ``text``; other names stand in ``/etc`` too."""
    return Texts({"/etc/f": text, **{f"/etc/{n}": t for n, t in others.items()}})
