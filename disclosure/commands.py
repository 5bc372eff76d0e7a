"""Publishing a record: its digest goes into the log, so that two readers can know they hold the same."""

from __future__ import annotations

from dataclasses import dataclass

from disclosure import policy
from disclosure.models import PublishedRecord
from documents.models import StoredFile
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused
from trading.models import Tender

NO_SUCH_TENDER = ReasonForm(
    "notice.not_found",
    zh="没有编号为「{tender}」的公开招标",
    en="there is no public tender {tender}",
    kind=Kind.NOT_FOUND,
)
FILE_GONE = ReasonForm(
    "record.no_file",
    zh="没有摘要为「{sha256}」的文件",
    en="there is no file with the digest {sha256}",
    kind=Kind.NOT_FOUND,
)
ONCE = ReasonForm(
    "record.published_already",
    zh="这一版公开记录已经发布",
    en="this version of the record is published already",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["public_record_once_an_occasion"] = ONCE


@dataclass(frozen=True)
class PublishRecord(Command):
    """Publish the stored ZIP ``sha256`` as the record of ``tender``; ``occasion`` says what brought it."""

    tender: str
    sha256: str
    occasion: str

    verb = "record.publish"
    law = "电子招标投标办法第三十五条；招标公告和公示信息发布管理办法第六条"


def _tender(cmd: PublishRecord) -> Tender:
    found = Tender.objects.select_for_update().filter(number=cmd.tender).first()
    if found is None:
        raise Refused(NO_SUCH_TENDER(tender=cmd.tender))
    return found


@handler(PublishRecord, load=_tender, may=policy.may_publish)
def publish_record(cmd: PublishRecord, ctx: Context, tender: Tender) -> Done:
    stored = StoredFile.objects.filter(sha256=cmd.sha256).first()
    if stored is None:
        raise Refused(FILE_GONE(sha256=cmd.sha256))
    PublishedRecord.objects.create(tender=tender, file=stored, occasion=cmd.occasion, published_at=ctx.now)
    said = {"tender": tender.number, "sha256": stored.sha256, "size": stored.size}
    return Done(f"tender:{tender.number}", said, said)
