"""Instants are whole milliseconds since 1970, as everywhere in hongxin; a scenario writes them as RFC 3339."""
import datetime
import zoneinfo

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def parse(text):
    """`2026-10-12T19:00:20.000+08:00` as milliseconds."""
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(milliseconds=1)


def show(ms, zone="Asia/Shanghai"):
    """For people who read a difference."""
    return local(ms, zone).strftime("%m-%d %H:%M:%S.") + f"{ms % 1000:03}"


def local(ms, zone):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).astimezone(zoneinfo.ZoneInfo(zone))


def at(day, minutes, zone):
    """The instant of a local time of day. In a gap of daylight saving it is the end of the gap, in a fold the first (corner 25)."""
    naive = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(minutes=minutes)
    there = naive.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0)
    if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != naive:  # it does not exist: first instant after the gap
        low, high = parse_naive(naive, zone, 1), parse_naive(naive, zone, 0)
        while low < high:
            middle = (low + high) // 2
            if local(middle, zone).replace(tzinfo=None) < naive:
                low = middle + 1
            else:
                high = middle
        return low
    return (there - EPOCH) // datetime.timedelta(milliseconds=1)


def parse_naive(naive, zone, fold):
    return (naive.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold) - EPOCH) // datetime.timedelta(milliseconds=1)


def beat(begin, every, since):
    """The first of the instants one distance, two, three … after the begin that is not before."""
    return begin + max(1, -((begin - since) // every)) * every
