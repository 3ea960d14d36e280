import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db.models import ProtectedError
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Image, ImageUse, SignOff
from articles.rendering import render
from tests.factories import make_article, make_author, make_image, make_version


@pytest.fixture
def image(db):
    return make_image(width=1000, height=500, title="Calf stretch", credit="Drawing: Ada")


def page_of(client, article):
    return client.get(article.get_absolute_url()).content.decode()


class APictureInAText:
    def test_is_offered_in_every_format_with_its_size(self, client, image):
        page = page_of(client, make_article(body=f"See.\n\n![A bent foot](image:{image.pk})\n"))
        assert '<source type="image/avif" srcset="/media/images/' in page
        assert 'alt="A bent foot" width="1000" height="500" loading="lazy"' in page

    def test_that_stands_alone_is_a_figure_with_caption_and_credit(self, image):
        html = render(f'![](image:{image.pk} "Hold for <30 seconds")', images={image.pk: image}).html
        assert html.startswith("<figure><picture>") and "<p>" not in html
        assert '<span class="caption">Hold for &lt;30 seconds</span> <span class="credit">Drawing: Ada</span>' in html
        assert 'alt=""' in html

    def test_between_words_stays_between_them(self, image):
        html = render(f"Bend ![it](image:{image.pk}) slowly.", images={image.pk: image}).html
        assert html.startswith("<p>Bend <picture>") and html.endswith("</picture> slowly.</p>\n")

    @pytest.mark.parametrize(
        "address",
        ["image:999", "image:x", "https://example.org/a.png", "/media/images/a.png", "data:image/png;base64,AA"],
    )
    def test_that_the_library_does_not_have_is_left_out(self, address):
        html = render(f"Before ![alt]({address}) after.").html
        assert "<img" not in html and "<picture" not in html

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_is_an_element_whatever_its_words_hold(self, alt, caption):
        image = Image(pk=1, width=8, height=6, credit=caption, renditions=[])
        words = alt.replace("[", "").replace("]", "").replace("\\", "").replace("`", "")
        html = render(f'![{words}](image:1 "x")', images={1: image}).html
        assert html.count("<script") == html.count("<iframe") == html.count("onerror=") == 0


@pytest.mark.django_db
class TheLibrary:
    def test_knows_which_texts_show_a_picture(self, image):
        version = make_version(body=f"![A foot](image:{image.pk})")
        assert list(image.uses.values_list("version", flat=True)) == [version.pk]
        version.body = "No picture any more."
        version.save()
        assert not ImageUse.objects.exists()

    def test_does_not_let_go_of_a_picture_that_a_text_shows(self, image):
        make_version(body=f"![A foot](image:{image.pk})")
        with pytest.raises(ProtectedError):
            image.delete()

    def test_changes_every_page_that_shows_a_picture_and_no_review(self, client, image):
        article = make_article(body=f"![A foot](image:{image.pk})")
        article.live_version().sign_off(by=make_author())
        image.credit = "Drawing: Ada and Grace"
        image.save()
        assert "Drawing: Ada and Grace" in page_of(client, article)
        assert SignOff.objects.shown().exists()

    @pytest.mark.parametrize("shown", [lambda pk: {"body": f"![A foot](image:{pk})"}, lambda pk: {"lead_image_id": pk}])
    def test_puts_no_other_picture_under_a_text(self, image, shown):
        make_version(**shown(image.pk))
        image.file = ContentFile(b"whatever", name="other.png")
        with pytest.raises(ValidationError, match="shows this picture"):
            image.clean()
        with pytest.raises(ValidationError, match="shows this picture"):
            image.save()
