"""What a deployment is told when it starts without the fonts of its documents."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from documents.pdf import fonts


@register()
def pdf_fonts(app_configs: Any, **options: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if needed := fonts.missing_packages():
        found.append(
            Warning(
                f"缺少可嵌入的中文字体，不能生成 PDF 文件（no PDF can be made）：{' '.join(needed)}",
                hint=f"apt-get install {' '.join(needed)}，或以 PDF_FONT_DIRS 指明字体所在目录",
                id="documents.W001",
            )
        )
    if rare := [p for p in fonts.missing_packages(fonts.RARE) if p not in needed]:
        found.append(
            Warning(
                f"缺少生僻字备用字体，含生僻字的文件将被拒绝生成（rare characters will be refused）：{' '.join(rare)}",
                hint=f"apt-get install {' '.join(rare)}",
                id="documents.W002",
            )
        )
    return found
