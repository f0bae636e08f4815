"""How a file that somebody sends is held: in memory up to its limit, and nowhere beyond it."""

from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class TooLong(FileUploadHandler):
    """Takes what is too long to be held: of such a file only its length is told, and nothing of it touches a disk."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Forgets the piece."""

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """An empty file that says how long the one was that came."""
        return UploadedFile(BytesIO(), self.file_name, self.content_type, file_size, self.charset)
