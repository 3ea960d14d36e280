import struct
import zlib
from contextlib import suppress
from functools import cache
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from articles import pictures
from articles.models import Image
from tests.factories import make_article, make_author, make_image, make_staff

ZIP = b"PK\x03\x04" + b"\0" * 26 + b"evil.js<script>alert(1)</script>"
CANARY = b"52.5200N 13.4050E canary-place"
KINDS = ("jpeg", "png", "webp", "avif", "gif")


def file_of(content, name="photo.jpg"):
    return ContentFile(content, name=name)


@cache
def picture(kind="jpeg", size=(40, 30), colour=(200, 120, 90), mode="RGB", **options):
    out = BytesIO()
    Picture.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def located():
    """A photograph that says where it was taken, lying on its side."""
    exif = Picture.Exif()
    exif[0x0112] = 6
    exif[0x010E] = CANARY.decode()
    return picture(exif=exif.tobytes(), comment=CANARY)


def bomb(width=60_000, height=60_000):
    """A PNG of a few hundred bytes that says it is enormous."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 500)) + chunk(b"IEND", b"")
    )


class WhatIsNoPicture:
    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "drawing.png"),
            (b"<!doctype html><script>alert(1)</script>", "photo.jpg"),
            (b"GIF89a/*<script>alert(1)</script>*/=1;", "photo.gif"),
            (b"%PDF-1.7\n", "photo.jpg"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "photo.jpg"),
            (ZIP, "photo.jpg"),
            (b"", "photo.jpg"),
            (picture("tiff"), "photo.jpg"),
            (picture("bmp"), "photo.jpg"),
        ],
    )
    def test_is_refused_with_a_sentence_whatever_it_is_called(self, content, name):
        with pytest.raises(ValidationError, match=r"Save it as|damaged"):
            pictures.read(file_of(content, name))

    def test_is_refused_before_it_is_unpacked_when_it_would_fill_the_memory(self):
        assert len(bomb()) < 1000
        for content in (bomb(), bomb(9_000, 9_000)):
            with pytest.raises(ValidationError, match="million pixels"):
                pictures.read(file_of(content))

    def test_is_refused_when_it_is_too_heavy(self, monkeypatch):
        monkeypatch.setattr(pictures, "LARGEST_FILE", 100)
        with pytest.raises(ValidationError, match="larger than"):
            pictures.read(file_of(picture()))

    @pytest.mark.parametrize("kind", KINDS)
    def test_is_refused_where_a_part_is_missing(self, kind):
        whole = picture(kind, size=(64, 64))
        with pytest.raises(ValidationError):
            pictures.read(file_of(whole[: len(whole) // 2]))


class AnyBytes:
    """Whatever comes, there are pixels or a sentence."""

    def look(self, content):
        with suppress(ValidationError):
            assert pictures.read(file_of(content)).mode == "RGB"

    @given(st.binary(max_size=400))
    def test_at_random(self, content):
        self.look(content)

    @given(st.sampled_from(KINDS), st.integers(0, 4000), st.binary(min_size=1, max_size=12))
    def test_in_the_middle_of_a_real_file(self, kind, place, noise):
        whole = picture(kind, size=(64, 64))
        place %= len(whole)
        self.look(whole[:place] + noise + whole[place + len(noise) :])

    @given(st.sampled_from(KINDS), st.integers(0, 4000))
    def test_at_the_end_of_a_file_that_stops(self, kind, end):
        self.look(picture(kind, size=(64, 64))[:end])


class WhatIsAPicture:
    @pytest.mark.parametrize("kind", KINDS)
    def test_gives_its_pixels(self, kind):
        red, green, blue = pictures.read(file_of(picture(kind))).getpixel((20, 15))
        assert abs(red - 200) < 12 and abs(green - 120) < 12 and abs(blue - 90) < 12

    def test_stands_upright(self):
        assert pictures.read(file_of(located())).size == (30, 40)

    def test_shows_paper_where_it_is_transparent(self):
        clear = picture("png", colour=(0, 0, 0, 0), mode="RGBA")
        assert pictures.read(file_of(clear)).getpixel((0, 0)) == (255, 255, 255)

    @pytest.mark.parametrize(
        ("mode", "colour", "kind"),
        [("CMYK", (0, 0, 0, 0), "jpeg"), ("L", 255, "png"), ("1", 1, "png"), ("I;16", 65535, "png"), ("P", 0, "gif")],
    )
    def test_comes_in_any_mode(self, mode, colour, kind):
        assert pictures.read(file_of(picture(kind, mode=mode, colour=colour))).mode == "RGB"

    def test_is_made_no_larger_than_it_is_needed(self):
        assert pictures.read(file_of(picture(size=(5000, 100)))).size == (3200, 64)


@pytest.mark.django_db
class AnUpload:
    def stored(self, image):
        names = [image.file.name, *(rendition["name"] for rendition in image.renditions)]
        return {name: default_storage.open(name).read() for name in names}

    def test_leaves_nothing_but_pixels_in_all_that_is_kept(self):
        image = Image.objects.create(title="A photo", file=file_of(located() + ZIP))
        files = self.stored(image)
        assert len(files) == 1 + 3
        assert not any(CANARY in content or b"<script>" in content or b"Exif" in content for content in files.values())

    def test_is_written_in_three_formats_and_up_to_three_widths(self):
        image = Image.objects.create(title="A photo", file=file_of(picture(size=(2000, 1000))))
        drawn = {(each["format"], each["width"], each["height"]) for each in image.renditions}
        assert drawn == {(kind, w, w // 2) for kind in ("avif", "webp", "jpeg") for w in (480, 960, 1600)}

    def test_of_a_picture_that_the_library_has_is_told_which(self):
        Image.objects.create(title="Calf stretch", file=file_of(picture()))
        again = Image(title="Another name", file=file_of(located().replace(CANARY, CANARY)))
        same = Image(title="Another name", file=file_of(picture(), "other.jpg"))
        again.full_clean()
        with pytest.raises(ValidationError, match="Calf stretch"):
            same.full_clean()

    def test_that_is_refused_says_why_in_the_admin_and_keeps_the_words(self, client):
        client.force_login(make_staff("editor"))
        fields = {"title": "A drawing", "credit": "Ada", "file": file_of(b"<svg/>", "drawing.svg")}
        page = client.post("/admin/articles/image/add/", fields).content.decode()
        assert "drawings (SVG)" in page and 'value="A drawing"' in page
        assert not Image.objects.exists()

    def test_that_replaces_a_picture_takes_the_old_files_away(self, django_capture_on_commit_callbacks):
        image = make_image()
        before = self.stored(image)
        image.file = file_of(picture())
        with django_capture_on_commit_callbacks(execute=True):
            image.save()
        assert not any(default_storage.exists(name) for name in before)
        assert all(default_storage.exists(name) for name in self.stored(image))

    def test_is_gone_with_its_files_when_it_is_deleted(self, django_capture_on_commit_callbacks):
        image = make_image()
        before = self.stored(image)
        with django_capture_on_commit_callbacks(execute=True):
            image.delete()
        assert not any(default_storage.exists(name) for name in before)

    def test_is_gone_with_its_files_when_it_is_deleted_from_a_list(self, django_capture_on_commit_callbacks):
        before = self.stored(make_image())
        with django_capture_on_commit_callbacks(execute=True):
            Image.objects.all().delete()
        assert not any(default_storage.exists(name) for name in before)


@pytest.mark.django_db
class TheLibrary:
    def page(self, client, address=""):
        client.force_login(make_staff("admin"))
        return client.get(f"/admin/articles/image/{address}").content.decode()

    def test_shows_its_pictures_and_how_to_name_one_in_a_text(self, client):
        image = make_image()
        page = self.page(client)
        assert image.thumbnail in page and f"image:{image.pk}" in page

    def test_finds_pictures_by_title_and_by_credit(self, client):
        make_image(title="Calf stretch"), make_image(title="Warm bath", credit="Ada Lens")
        assert "Warm bath" in self.page(client, "?q=lens") and "Calf stretch" not in self.page(client, "?q=lens")

    def test_says_where_one_is_used(self, client):
        image = make_image()
        make_article(title="Shows it", body=f"![Socks](image:{image.pk})")
        make_article(title="Has it above", lead_image=image)
        make_author(name="Ada Portrait", photo=image)
        page = self.page(client, f"{image.pk}/change/")
        assert "Shows it" in page and "Has it above" in page and "Ada Portrait" in page

    def test_tells_those_that_nothing_shows(self, client):
        images = [make_image(title=f"Picture number {word}") for word in ("one", "two", "three", "four")]
        make_article(body=f"![Socks](image:{images[0].pk})", lead_image=images[1])
        make_author(photo=images[2])
        page = self.page(client, "?use=none")
        assert [f"number {word}" in page for word in ("one", "two", "three", "four")] == [False, False, False, True]

    @pytest.mark.parametrize("use", ["text", "above", "portrait"])
    def test_deletes_none_that_is_used(self, client, use):
        image = make_image()
        if use == "portrait":
            make_author(photo=image)
        else:
            make_article(**{"text": {"body": f"![Socks](image:{image.pk})"}, "above": {"lead_image": image}}[use])
        client.force_login(make_staff("admin"))
        client.post(f"/admin/articles/image/{image.pk}/delete/", {"post": "yes"})
        client.post(
            "/admin/articles/image/", {"action": "delete_selected", "_selected_action": image.pk, "post": "yes"}
        )
        assert Image.objects.filter(pk=image.pk).exists()
