"""Files with registration lists: read row by row, whatever they are, and written back clean."""

from kiosk.lists.base import ListError, ListFile
from kiosk.lists.cleaned import CleanedBook, CleanedFile
from kiosk.lists.opening import open_list

__all__ = ["CleanedBook", "CleanedFile", "ListError", "ListFile", "open_list"]
