"""Tables of work orders, and how they are put into a folder."""

HEADING = "工单编号,受理时间,诉求内容,紧急程度,楼栋编码,来电人\n"


def table(n, first=1):
    return HEADING + "".join(f"W{i},2026-10-12 19:00:00,楼道灯坏了{i},一般,B-0417,王{i}\n" for i in range(first, first + n))


def put(folder, name, text, encoding="utf-8"):
    """Whole, by its name: a machine with much to do may pause between making a file and writing it."""
    (folder / ("." + name)).write_text(text, encoding=encoding)
    (folder / ("." + name)).rename(folder / name)
