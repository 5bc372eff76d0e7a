"""Why an upload is refused."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

NOT_FOUND = ReasonForm(
    "uploads.not_found",
    zh="没有这个上传，或已过期清除；请重新上传",
    en="there is no such upload, or it was swept after standing idle; upload again",
    kind=Kind.NOT_FOUND,
)
TOO_LARGE = ReasonForm(
    "uploads.too_large",
    zh="文件 {size} 字节，超过上限 {limit} 字节",
    en="the file has {size} bytes; the limit is {limit} bytes",
    field="size",
)
TOO_MANY = ReasonForm(
    "uploads.too_many",
    zh="同时进行的上传已达 {limit} 个，请稍后再试",
    en="{limit} uploads are under way already; try again shortly",
    kind=Kind.BUSY,
)
NO_ROOM = ReasonForm(
    "uploads.no_room",
    zh="存储空间暂时不足，请稍后再试；已上传的部分不会丢失",
    en="the storage is short of room; try again shortly, what was uploaded is kept",
    kind=Kind.BUSY,
)
IN_USE = ReasonForm(
    "uploads.in_use",
    zh="同一个上传正在被另一个请求写入，请稍后再试",
    en="another request is writing to this upload; try again shortly",
    kind=Kind.BUSY,
)
WRONG_OFFSET = ReasonForm(
    "uploads.wrong_offset",
    zh="起始位置应为 {offset}，而不是 {given}；请从该处继续",
    en="the chunk must begin at {offset}, not at {given}; go on from there",
    kind=Kind.CONFLICT,
)
CHUNK_TOO_LARGE = ReasonForm(
    "uploads.chunk_too_large",
    zh="一次最多上传 {limit} 字节",
    en="one chunk has at most {limit} bytes",
)
OVER_SIZE = ReasonForm(
    "uploads.over_size",
    zh="超出申报的大小 {size} 字节",
    en="more than the promised {size} bytes",
)
DIGEST_DIFFERS = ReasonForm(
    "uploads.digest_differs",
    zh="收到的内容与申报的 SHA-256 摘要 {promised} 不一致，未被接收；请重新上传",
    en="what was received does not have the promised SHA-256 {promised}; it was not accepted, upload again",
)
UNFINISHED = ReasonForm(
    "uploads.unfinished",
    zh="上传尚未完成：已收到 {offset} 字节，共 {size} 字节",
    en="the upload is not finished: {offset} of {size} bytes were received",
    kind=Kind.CONFLICT,
)
BAD_CHUNK = ReasonForm(
    "uploads.bad_chunk",
    zh="分块应为 application/offset+octet-stream，并带 Upload-Offset 头（非负整数）",
    en="a chunk is application/offset+octet-stream with the header Upload-Offset, a whole number from 0",
    kind=Kind.MALFORMED,
)
