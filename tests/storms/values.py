"""Values, column names and bytes that have broken loaders."""

VALUES: list[object] = [
    None, "", " ", "\t", 0, 1, -1, 12.5, 1e3, -0.0, 10**15, 10**30, 2**63, -(2**63), 1e308, 5e-324, True, False, [],
    {}, ["a"], {"a": {"b": [1, None]}}, "NaN", "Infinity", "-inf", "nan", "1e5", "1_000", "0x1F", "1,5", " 7 ", "+7",
    "007", "12.0", "12.000000000001", "1e400", "yes", "no", "1", "0", "TRUE", "null", "None", "undefined", "infinity",
    "epoch", "today", "0000-00-00", "0000-00-00T00:00:00Z", "0001-01-01", "0001-01-01T00:00:00Z", "9999-12-31",
    "9999-12-31T23:59:59Z", "10000-01-01", "10000-01-01T00:00:00Z", "2024-02-30", "2024-03-01 (BC)", "24-03-01",
    "2024-03-01T25:00:00Z", "2024-03-01T10:00:00+99:00", "2024-03-01T10:00:00+14:00",
    "2024-03-01T10:00:00.1234567890Z", "2024-03-01T23:59:60Z", "2024-03-01t10:00:00z", "2024-W09-5", "20240301",
    "03/01/2024", "1709287200000", 1709287200000, 99_999_999_999, 253_402_300_799_999, 253_402_300_800_000,
    9223372036854775807, -1709287200000, "'; drop table raw.events; --", '"; attach \'/etc/passwd\' as x; --',
    "${WAREHOUSE_PII_KEY}", "{{ env_var('HOME') }}", "=cmd|' /C calc'!A0", "@SUM(1+1)", "\u202eevil", "\ufeffbom",
    "a\u0000b", "\x1b[31mred", "é", "e\u0301", "😀", "\ud800", "line\nbreak", "carriage\rreturn", 'quo"te', "com,ma",
    "back\\slash", "%s%n", "../../etc/passwd", "x" * 5_000,
]  # fmt: skip

NAMES = [
    "", " ", "x", "_file_id", "_line", "_extra", "_damage", "c0", "rowid", "select", "Ünïcode", "a\u0301", "a.b",
    "a b", "it's", 'quo"te', "x); drop table raw.events; --", "k" * 3_000, "event_id", "EVENT_ID", "user_id",
    "\u202erid", "*", "$", "a:b", "null", "new\nline", "ta\tb",
]  # fmt: skip

JUNK = [
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b'""', b"\r", b"\r\n", b"\n", b"\n\n", b",", b"{", b"}", b"[", b"\\",
    b"\t", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\x1a", b"'", b"null", b"NaN", b"//", b"\xf0\x9f\x98", b",,,,",
    b"[" * 3_000, b'{"a":' * 2_000, b"9" * 400, b"\x0b\x0c", b" \t\r\n",
]  # fmt: skip
