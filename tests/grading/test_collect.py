"""What was handed in: each student's notebooks are found, and nothing is lost, also by malice."""

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest

from course.grading.collect import absent, handed_in, main
from course.grading.roster import STUDENTS
from grading.homework import SOURCES, Book

FRIDAY, SATURDAY = (2026, 11, 20, 10, 0, 0), (2026, 11, 21, 10, 0, 0)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("source/padding").mkdir(parents=True)
    Path("source/padding/padding.ipynb").write_text(json.dumps(SOURCES["padding"]))
    return tmp_path


def pack(*names, data=b"{}", when=FRIDAY, mode=0, path="class.zip") -> str:
    """A zip of files, each of them with the name for its content."""
    with zipfile.ZipFile(path, "a") as archive:
        for name in names:
            info = zipfile.ZipInfo("x", when)
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, data if data != b"{}" else name.encode(errors="replace"))
    return path


def collected(*paths: str) -> dict[str, str]:
    """What is where after a collection, and after another one."""
    main(["padding", *paths])
    found = everything()
    main(["padding", *paths])
    assert everything() == found
    return {path: text for path, text in found.items() if path.endswith(".ipynb")}


def everything() -> dict[str, str]:
    paths = [path for path in Path("submitted").rglob("*") if path.is_file()]
    return {str(path.relative_to("submitted")): path.read_text() for path in paths}


LAYOUTS = {
    # Moodle's: a folder for each student, with or without _, or none
    "Ada Lovelace_1234567_assignsubmission_file_/padding.ipynb": "1234567/padding/padding.ipynb",
    "Ada Lovelace_1234567_assignsubmission_file/a/p.ipynb": "1234567/padding/p.ipynb",
    "Ada Lovelace_1234567_assignsubmission_file_my_own.ipynb": "1234567/padding/my_own.ipynb",
    "all/Ada Lovelace_1234567_assignsubmission_file_/p.ipynb": "1234567/padding/p.ipynb",
    "Team 3_assignsubmission_file_/p.ipynb": "Team 3/padding/p.ipynb",
    # Canvas'
    "lovelaceada_12345_67890_padding.ipynb": "12345/padding/padding.ipynb",
    "lovelaceada_LATE_12345_67890_padding-1.ipynb": "12345/padding/padding.ipynb",
    "love_lace_12345_67890_my_own_1.ipynb": "12345/padding/my_own_1.ipynb",
    "anon_aB3xY_67890_padding.ipynb": "anon_aB3xY/padding/padding.ipynb",
    "LATE_anon_aB3xY_67890_padding.ipynb": "anon_aB3xY/padding/padding.ipynb",
    # folders and files with the students' names
    "ada/padding.ipynb": "ada/padding/padding.ipynb",
    "ada/padding/padding.ipynb": "ada/padding/padding.ipynb",
    "class/ada/padding.ipynb": "ada/padding/padding.ipynb",
    "padding/ada/padding.ipynb": "ada/padding/padding.ipynb",
    "class/ada/padding/PADDING.IPYNB": "ada/padding/PADDING.ipynb",
    "ada.ipynb": "ada/padding/ada.ipynb",
    "padding_ada.ipynb": "ada/padding/padding_ada.ipynb",
    "Ada L. - padding (1).ipynb": "Ada L/padding/Ada L. - padding (1).ipynb",
    "ada/padding.ipynb.txt": "ada/padding/padding.ipynb",
    "ada\\padding.ipynb": "ada/padding/padding.ipynb",
    # names that no file should have
    "ada/\x1b[31m\x00.ipynb": "ada/padding/_[31m_.ipynb",
    f"ada/{'ü' * 200}.ipynb": f"ada/padding/{'ü' * 124}.ipynb",
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_notebook_is_found_in_each_layout(name):
    assert list(collected(pack(name))) == [LAYOUTS[name]]


WRITTEN = (
    *("x_999_assignsubmission_file_padding", "assignsubmission_file_padding", "999_888_padding"),
    *("LATE_999_888_padding", "anon_x_888_padding", "eve_999_888_x_999_assignsubmission_file_p"),
)
MADE = ("eve_111_5002_", "eve_LATE_111_5002_", "eve_111_assignsubmission_file_")


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("written", WRITTEN)
def test_what_a_student_writes_does_not_decide_who_it_is(made, written, alone):
    others = "Bo B_222_assignsubmission_file_" if "assign" in made else "bo_222_5003_"
    names = [f"{made}{written}.ipynb"] + [f"{others}padding.ipynb"] * (not alone)
    unclear = made == MADE[0] and "999_888" in written  # she may be called eve_111_5002
    assert {path.split("/")[0] for path in collected(pack(*names))} == {
        *["111"] * (not unclear),
        *["222"] * (not alone),
    }


def test_many_files_of_one_student_do_not_change_how_the_others_are_read():
    written = "x_12_assignsubmission_file_"
    names = [f"eve_111_5002_{written}{number}.ipynb" for number in range(9)]
    assert {path[:3] for path in collected(pack(*names, "bo_222_5003_p.ipynb"))} == {"111", "222"}


CLAIMS = {
    # Canvas leaves _ and numbers in a name, where its owner has a space beside each _.
    "mallory_1234_9_888_333_padding.ipynb": None,
    "lovelaceada_1234_999_888_333_padding.ipynb": None,
    "lovelaceada_1234_999_LATE_888_333_padding.ipynb": None,
    "lovelaceada_1234_999_888_text.html": None,
    "1234_999_888_333_padding.ipynb": None,
    "1234_888_333_padding.ipynb": "888",
    "anon_1234_888_333_padding.ipynb": None,
    # What only one can have called a file
    "turingalan_888_333_padding_v2_10_3.ipynb": "888",
    "turing_alan_888_333_padding_2_.ipynb": "888",
    "turingalan_888_333_Padding_1234_999_x.ipynb": "888",  # Canvas' names have small letters
    "turingalan_LATE_888_333_1234_999_x.ipynb": "888",
}


@pytest.mark.parametrize("name", CLAIMS)
def test_nobody_takes_the_place_of_another_by_a_name(name, capsys):
    pack("lovelaceada_1234_111_homework.ipynb", "bobo_5_112_p.ipynb")
    found = collected(pack(name))
    theirs = {"1234": "lovelaceada_1234_111_homework.ipynb", "5": "bobo_5_112_p.ipynb"}
    theirs |= {CLAIMS[name]: name} if CLAIMS[name] else {}
    assert {path.split("/")[0]: text for path, text in found.items()} == theirs
    assert len(found) == len(theirs) == len(os.listdir("submitted"))
    assert len(STUDENTS.read_text().splitlines()) == len(theirs) + 1
    said = capsys.readouterr().out
    if not CLAIMS[name]:
        assert f"{name}: " in said
        assert "does not tell whose it is: put it into" in said or "not a notebook" in said


def test_moodle_leaves_no_underscore_in_a_name():
    name = "Ada_12_assignsubmission_file_x_99_assignsubmission_file_padding.ipynb"
    assert {path.split("/")[0] for path in collected(pack(name))} == {"12"}


@pytest.mark.parametrize("made", ["{}_7_{}_p.ipynb", "{}_7_assignsubmission_file_/{}.ipynb"])
def test_two_names_with_one_number_are_nobodys(made, capsys):
    names = [made.format("ada", 1), made.format("bo", 2)]
    assert collected(pack(*names, made.replace("_7_", "_8_").format("cy", 3))).keys() == {
        f"8/padding/{'p' if '_p' in made else '3'}.ipynb"
    }
    said = capsys.readouterr().out
    for name in names:
        assert f"{name}: has 7's number, and another name: it does not tell" in said
    assert "\n7," not in STUDENTS.read_text()


MARKUP = '<img src=x onerror="alert(1)">&'


@pytest.mark.parametrize(
    "name",
    [
        f"{MARKUP}/padding.ipynb",
        f"{MARKUP}.ipynb",
        f"{MARKUP}_7_assignsubmission_file_/p.ipynb",
        f"{MARKUP}_assignsubmission_file_/p.ipynb",
    ],
)
def test_no_name_is_markup(name):
    collected(pack(name))
    (found,) = handed_in("padding")
    table = STUDENTS.read_text() if STUDENTS.exists() else ""
    assert "‹img src=x onerror=”alert(1)”›＆" in found.who.replace("'", "")
    assert not {*"<>&"} & {*table.replace('"', ""), *found.who}


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize("number", ["", "_7"])
@pytest.mark.parametrize("quotes", ["", "'"])
def test_no_name_is_computed_by_a_spreadsheet(sign, number, quotes):
    who = f"{quotes}{sign}HYPERLINK(1,2)"
    for name in (who, f"Ada {who}", f"{who} Ada"):
        collected(pack(f"{name}{number}_assignsubmission_file_/p.ipynb", path=f"./{name}.zip"))
        if number:
            number = f"_{int(number[1:]) + 1}"
    rows = list(csv.reader(STUDENTS.open(encoding="utf-8")))
    assert len(rows) == 4  # and no more by collecting again
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@＝＋－＠"))]
    names = {each.name for each in handed_in("padding")}
    assert names == {who, f"Ada {who}", f"{who} Ada"}


@pytest.mark.parametrize("stray", ["notes.ipynb", "eve/padding.ipynb", "readme.txt"])
@pytest.mark.parametrize("made", ["{0}_{1}_5002_p.ipynb", "{0}_{1}_assignsubmission_file_/p.ipynb"])
def test_what_does_not_fit_the_others_is_nobodys(made, stray, capsys):
    names = [made.format(name, number) for name, number in (("bo", 1), ("cy", 2))]
    assert {path[0] for path in collected(pack(*names, stray))} == {"1", "2"}
    said = "is not a notebook" if stray == "readme.txt" else "is not named as most are"
    assert f"{stray}: {said}" in capsys.readouterr().out
    assert not Path("submitted/eve").exists()


NOT_TAKEN = {
    "../../padding.ipynb": "leads out of the zip",
    "ada/../../../padding.ipynb": "leads out of the zip",
    "/etc/padding.ipynb": "leads out of the zip",
    "": "leads out of the zip",
    "C:\\ada\\padding.ipynb": "leads out of the zip",
    ".._assignsubmission_file_/padding.ipynb": "is hidden",
    "x/.._assignsubmission_file_padding.ipynb": "is hidden",
    "__MACOSX/ada/._padding.ipynb": "is hidden",
    "ada/.ipynb_checkpoints/padding-checkpoint.ipynb": "is hidden",
    "padding.ipynb": "does not tell whose it is: put it into a folder with the student's name",
    f"{'x' * 256}/padding.ipynb": "does not tell whose it is",
    "readme.txt": "is not a notebook",
}


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_what_is_not_taken_is_named(name, folder, capsys):
    before = set(folder.parent.rglob("*"))
    assert collected(pack(name)) == {}
    said = capsys.readouterr().out
    assert NOT_TAKEN[name] in said
    assert "0 students are in submitted" in said
    assert set(folder.parent.rglob("*")) - before == {folder / "submitted", folder / "class.zip"}


def test_who_handed_in_no_notebook_is_there_all_the_same(capsys):
    Path("secret.ipynb").write_text("secret")
    pack("bo_2_3_padding.pdf", "cy_4_text.html", path="canvas.zip")
    pack("Ada_1_assignsubmission_onlinetext_/onlinetext.html")
    pack("Di_5_assignsubmission_file_/p.ipynb", mode=stat.S_IFLNK | 0o777, data=b"/etc/passwd")
    os.makedirs("more/ed")
    os.symlink(Path("secret.ipynb").absolute(), "more/ed/padding.ipynb")
    os.mkfifo("more/ed/pipe.ipynb")
    assert collected("class.zip", "canvas.zip", "more") == {}
    assert "more/ed/padding.ipynb"[5:] + ": is no plain file" in capsys.readouterr().out
    assert [each.student for each in handed_in("padding")] == ["1", "2", "4", "5", "ed"]
    assert not any(each.path.exists() for each in handed_in("padding"))


def test_names_that_are_not_utf_8(folder):
    data = Path(pack("j12rg/padding.ipynb", "m3ller/padding.ipynb", data=b"x")).read_bytes()
    # As Linux writes them, without saying so, and as Windows does.
    data = data.replace(b"j12rg/", "jörg/".encode()).replace(b"m3ller/", b"m\x94ller/")
    Path("class.zip").write_bytes(data)
    os.makedirs(os.fsencode(folder) + b"/more/b\xf6ll")
    Path(os.fsdecode(b"more/b\xf6ll/p\xe4dding.ipynb")).write_text("x")
    assert set(collected("class.zip", "more")) == {
        "jörg/padding/padding.ipynb",
        "möller/padding/padding.ipynb",
        "böll/padding/pädding.ipynb",
    }


def test_two_whom_other_computers_take_for_one(capsys):
    pack("Ada/padding.ipynb", "ada/padding.ipynb", "Jo\u0308rg/padding.ipynb", "JÖRG/padding.ipynb")
    assert set(collected("class.zip")) == {
        "Ada/padding/padding.ipynb",
        "Jörg/padding/padding.ipynb",
    }
    said = capsys.readouterr().out
    assert "ada/padding.ipynb: is ada's, which many computers take for Ada: rename one" in said
    assert "JÖRG/padding.ipynb: is JÖRG's" in said


def test_bombs(capsys, monkeypatch):
    monkeypatch.setattr("course.grading.collect.MOST_BYTES", 1000)
    pack("ada/padding.ipynb", data=b" " * 1001)
    pack("bo/padding.ipynb")
    assert collected("class.zip") == {"bo/padding/padding.ipynb": "bo/padding.ipynb"}
    assert "ada/padding.ipynb: is too large" in capsys.readouterr().out
    assert [each.student for each in handed_in("padding")] == ["ada", "bo"]
    # Many names for the same bytes.
    pack("a/p.ipynb", "b/p.ipynb", data=b"x" * 900, path="bomb.zip")
    with zipfile.ZipFile("bomb.zip", "a") as archive:
        archive.filelist += [archive.filelist[0]] * 9
        archive._didModify = True
    assert main(["padding", "bomb.zip"]) == 1
    assert "one over the other" in capsys.readouterr().out
    free = lambda path: type("Usage", (), {"free": 10})  # noqa: E731
    monkeypatch.setattr("shutil.disk_usage", free)
    assert main(["padding", pack("a/p.ipynb", data=b"x" * 900, path="full.zip")]) == 1
    assert "MB are free here" in capsys.readouterr().out
    assert not Path("submitted/a").exists()


def test_one_student_does_not_fill_the_disk(capsys, monkeypatch):
    monkeypatch.setattr("course.grading.collect.MOST_BYTES", 1000)
    for number in range(8):
        pack(f"eve_1_{number + 10}_{number}.ipynb", data=b"x" * 400)
    pack("bo_2_30_p.ipynb", data=b"x" * 900)
    found = {"1/padding/7.ipynb", "1/padding/6.ipynb", "2/padding/p.ipynb"}
    assert set(collected("class.zip")) == found
    said = capsys.readouterr().out
    assert [f"_{number}.ipynb: is too large, with" in said for number in range(8)] == [
        *[True] * 6,
        *[False] * 2,
    ]


NASTY = [part * 16_000 for part in ("_", "1_", "9", "anon_", " ", "\u0301\u0316")]


@pytest.mark.parametrize("length", [100, 240, 4000, 16_000])
@pytest.mark.parametrize("made", ["{}x.ipynb", "x_1_2_{}x.ipynb", "{}/x.ipynb"])
def test_no_name_takes_long(made, length, capsys):
    names = [made.format(nasty[:length]) for nasty in NASTY for _ in range(50)]
    with pytest.warns(UserWarning, match="Duplicate name"):
        pack(*names, data=b"")
    started = process_time()
    assert main(["padding", "class.zip"]) == 0
    assert process_time() - started < 3
    if length > 4096:
        assert ": has too long a path" in capsys.readouterr().out


def ruin(path: str, name: str, filler: bytes) -> None:
    """Put other bytes into the place of a file's."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
    at, data = info.header_offset + 30 + len(name), bytearray(Path(path).read_bytes())
    data[at : at + info.compress_size] = filler * info.compress_size
    Path(path).write_bytes(data)


@pytest.mark.parametrize("filler", [b"\0", b"\xff", b"\x05"])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_however_a_file_is_broken_the_others_are_taken(method, filler, capsys):
    with zipfile.ZipFile("class.zip", "w", method) as archive:
        archive.writestr("ada/padding.ipynb", "x" * 999)
    ruin("class.zip", "ada/padding.ipynb", filler)
    pack("bo/padding.ipynb")
    assert main(["padding", "class.zip", pack("cy/padding.ipynb", path="more.zip")]) == 1
    assert "ada/padding.ipynb: cannot be read (" in capsys.readouterr().out
    found = {path for path in everything() if path.endswith(".ipynb")}
    assert found == {"bo/padding/padding.ipynb", "cy/padding/padding.ipynb"}


@pytest.mark.parametrize("digits", [100, 240, 1000, 4250, 5000])
def test_no_number_is_too_long_for_the_others(digits):
    pack(f"x_12_{'9' * digits}_padding.ipynb", f"x_{'9' * digits}_1_padding.ipynb")
    found = collected(pack("bo_2_3_padding.ipynb", "cy_4_5_padding.ipynb"))
    assert {path.split("/")[0] for path in found} >= {"2", "4"}


@pytest.mark.parametrize(("step", "depth"), [("d", sys.getrecursionlimit()), ("d" * 250, 17)])
def test_no_folder_is_too_deep_for_the_others(step, depth, folder, capsys):
    for student in ("ada", "bo"):
        os.makedirs(f"class/{student}")
        Path(f"class/{student}/padding.ipynb").write_text(student)
    os.chdir("class/ada")
    for _ in range(depth):
        os.mkdir(step)
        os.chdir(step)
    Path("padding.ipynb").write_text("deep")
    os.chdir(folder)
    long = len(step) > 1
    assert main(["padding", "class"]) == long
    assert ("cannot be read (" in capsys.readouterr().out) == long
    assert {"ada", "bo"} <= set(everything().values())
    subprocess.run(["rm", "-r", "class"], check=True)  # which pytest cannot


def test_what_is_in_the_way_of_one_is_not_of_the_others(capsys):
    os.mkdir("submitted")
    Path("submitted/ada").write_text("")
    assert main(["padding", pack("ada/padding.ipynb", "bo/padding.ipynb")]) == 1
    assert "\nada: cannot be read (" in "\n" + capsys.readouterr().out
    assert Path("submitted/bo/padding/padding.ipynb").exists()


def test_what_is_broken_is_named_and_the_rest_is_taken(capsys):
    pack("ada/padding.ipynb", data=b"a" * 99)
    pack("bo/padding.ipynb")
    data = Path("class.zip").read_bytes()
    Path("class.zip").write_bytes(data.replace(b"a" * 99, b"b" * 99))
    Path("no.zip").write_text("no")
    assert main(["padding", "class.zip"]) == 1
    assert main(["padding", "no.zip", "nowhere.zip", "class.zip"]) == 1
    said = capsys.readouterr().out
    assert "There is no nowhere.zip here.\n" in said
    for name in ("no.zip: ", "ada/padding.ipynb: cannot be read (Bad CRC"):
        assert name in said
    assert everything() == {"bo/padding/padding.ipynb": "bo/padding.ipynb"}
    assert main(["stride", "class.zip"]) == 1
    only = "There is no source/stride/stride.ipynb here, only padding.\n"
    assert capsys.readouterr().out == only
    Path("source").rename("elsewhere")
    assert main(["padding", "class.zip"]) == 1
    assert "here: run this in the folder of your class.\n" in capsys.readouterr().out


# Attempts


def test_of_several_attempts_the_latest_is_there_and_the_others_are_kept():
    pack("adal_1_100_padding.ipynb", "adal_1_300_padding-2.ipynb", "adal_1_200_padding-1.ipynb")
    assert collected("class.zip") == {
        "1/padding/padding.ipynb": "adal_1_300_padding-2.ipynb",
        "1/padding/earlier-2/padding.ipynb": "adal_1_200_padding-1.ipynb",
        "1/padding/earlier-1/padding.ipynb": "adal_1_100_padding.ipynb",
    }


@pytest.mark.parametrize(
    "ends", [(".ipynb", ".ipynb.txt"), (f"{'x' * 250}.ipynb", f"{'x' * 251}.ipynb")]
)
def test_two_files_that_come_to_the_same_name_are_two_attempts(ends):
    names = [f"ada/padding{end}" for end in ends]
    assert sorted(collected(pack(*names)).values()) == names


@pytest.mark.parametrize("order", [("old.zip", "new.zip"), ("new.zip", "old.zip")])
def test_the_order_of_collecting_does_not_matter_where_times_are_known(order):
    for path, days in {"old.zip": (17, 18), "new.zip": (20, 21)}.items():
        for student, day in zip(("Ada_1", "Bo_2"), days, strict=True):
            name = f"{student}_assignsubmission_file_/padding.ipynb"
            pack(name, data=path.encode(), when=(2026, 11, day, 10, 0, 0), path=path)
    found = collected(*order)
    assert {name: found[f"{name}/padding/padding.ipynb"] for name in "12"} == dict.fromkeys(
        "12", "new.zip"
    )
    assert found["1/padding/earlier-1/padding.ipynb"] == "old.zip"
    assert [each.when.day for each in handed_in("padding")] == [20, 21]


def test_where_no_time_is_known_the_last_one_collected_counts(capsys):
    names = ("Ada_1_assignsubmission_file_/padding.ipynb", "Bo_2_assignsubmission_file_/x.ipynb")
    pack(*names, data=b"old", path="old.zip")  # all at once: when the zip was made
    pack(*names[:1], data=b"new", path="new.zip", when=SATURDAY)
    found = collected("old.zip", "new.zip")
    assert found["1/padding/padding.ipynb"] == "new"
    assert found["1/padding/earlier-1/padding.ipynb"] == "old"
    assert not list(Path("submitted").rglob("timestamp.txt"))
    # What was there by other means is kept as well.
    Path("submitted/2/padding/x.ipynb").write_text("by hand")
    assert set(collected("new.zip", pack(names[1], data=b"newer", path="newer.zip")).values()) == {
        "new",
        "old",
        "by hand",
        "newer",
    }


@pytest.mark.parametrize("steps", range(4))
def test_a_run_that_was_killed_is_made_up_for(monkeypatch, steps):
    pack("ada/padding.ipynb", "ada/more.ipynb", data=b"old", path="old.zip")
    pack("ada/padding.ipynb", "ada/more.ipynb", data=b"new", path="new.zip")
    main(["padding", "old.zip"])
    rename, renamed = Path.rename, []

    def killed(self, target):
        if len(renamed) == steps:
            raise KeyboardInterrupt
        renamed.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        main(["padding", "new.zip"])
    monkeypatch.setattr(Path, "rename", rename)
    found = collected("new.zip")
    assert [found.pop(f"ada/padding/{name}.ipynb") for name in ("padding", "more")] == ["new"] * 2
    assert list(found.values()).count("old") == 2


def test_the_class_is_told_apart_by_its_own_table():
    both = (
        pack("Ada Lovelace_1_assignsubmission_file_/padding.ipynb"),
        pack("xu_2_3_padding.ipynb", path="canvas.zip"),
    )
    STUDENTS.write_text("id,email,lms_user_id\r\nada,a@x.org,1", encoding="utf-8-sig")
    assert set(collected(*both)) == {"ada/padding/padding.ipynb", "2/padding/padding.ipynb"}
    lines = STUDENTS.read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["id,email,lms_user_id", "ada,a@x.org,1", "2,,2"]
    STUDENTS.unlink()
    collected(*both)
    header, *lines = STUDENTS.read_text().splitlines()
    assert header == "id,first_name,last_name,email,lms_user_id"  # nbgrader's
    assert lines == ["1,Ada,Lovelace,,1", "2,,xu,,2"]
    STUDENTS.write_text("name;number\n")
    assert main(["padding", "class.zip"]) == 1


def test_who_has_another_number_in_each_assignment_is_the_same_student(capsys):
    Path("source/stride").mkdir()
    Path("source/stride/stride.ipynb").write_text(json.dumps(SOURCES["padding"]))
    once = ("Ada Lovelace_11", "Bo Li_12", "Cy Young_13", "Cy Young_14", "Di Vu_15", "Ed_16")
    again = ("Ada  Lovelace_21", "Bo Li_22", "Bo Li_23", "Cy Young_24", "Di Vu_15", "Fay_26")
    for path, students in {"one.zip": once, "two.zip": again}.items():
        pack(*(f"{each}_assignsubmission_file_/p.ipynb" for each in students), path=path)
    assert main(["padding", "one.zip"]) == 0
    capsys.readouterr()
    for _ in range(2):
        assert main(["stride", "two.zip"]) == 0
        assert {path.parts[1] for path in Path().glob("submitted/*/stride/p.ipynb")} == {
            *("11", "22", "23", "24", "15", "26")
        }
    said = capsys.readouterr().out
    for name in ("Bo Li", "Cy Young"):
        assert said.count(f"Several are called {name}: each number is taken for another") == 1
    assert said.count("Several") == 2
    rows = [(row["id"], row["lms_user_id"]) for row in csv.DictReader(STUDENTS.open())]
    others = ("12", "13", "14", "15", "16", "22", "23", "24", "26")
    assert set(rows) == {("11", "11;21"), *((each, each) for each in others)}
    assert len(rows) == 10


@pytest.mark.parametrize("table", ["", "1", "liwei"])
def test_of_one_assignment_two_numbers_are_two_students(table, capsys):
    if table:
        STUDENTS.write_text(f"id,first_name,last_name\n{table},Li,Wei\n")
    for number in "12":
        pack(f"Li Wei_{number}_assignsubmission_file_/p.ipynb", path=f"{number}.zip")
    names = {f"{table or 1}/padding/p.ipynb", "2/padding/p.ipynb"}
    assert set(collected("1.zip", "2.zip")) == names
    said = capsys.readouterr().out
    assert "Several are called Li Wei" in said
    assert "in students.csv already, write the number into its lms_user_id" in said


LOVELACE = ("Ada Lovelace_12345_assignsubmission_file_/p.ipynb", "lovelaceada_12345_1_p.ipynb")
MARKED = "\ufeffgroup,last_name,lms_user_id,first_name,id\n"
ROSTERS = {
    "id,first_name,last_name,email,lms_user_id\nal,Ada,Lovelace,ada@uni.example,\n": (
        "id,first_name,last_name,email,lms_user_id\nal,Ada,Lovelace,ada@uni.example,12345\n"
    ),
    "id,first_name,last_name,email\nal,Ada,Lovelace,ada@uni.example\n": (
        "id,first_name,last_name,email,lms_user_id\nal,Ada,Lovelace,ada@uni.example,12345\n"
    ),
    f'{MARKED}"a, b",Lovelace,,Ada,al\n7,Ü,3,Bo,bo,x': (
        f'{MARKED}"a, b",Lovelace,12345,Ada,al\n7,Ü,3,Bo,bo,x\n'
    ),
}


@pytest.mark.parametrize("name", LOVELACE)
@pytest.mark.parametrize("roster", ROSTERS)
def test_the_number_goes_into_the_row_that_is_there(roster, name):
    STUDENTS.write_text(roster, encoding="utf-8")
    STUDENTS.chmod(0o600)  # it is about people
    assert set(collected(pack(name))) == {"al/padding/p.ipynb"}
    assert STUDENTS.read_text(encoding="utf-8") == ROSTERS[roster]
    assert stat.S_IMODE(STUDENTS.stat().st_mode) == 0o600
    pack("Bo Li_2_assignsubmission_file_/p.ipynb", path="more.zip")
    collected("more.zip")
    assert STUDENTS.read_text(encoding="utf-8").startswith(ROSTERS[roster])
    assert {"2", "al"} == {row["id"] for row in csv.DictReader(STUDENTS.open())} - {"bo"}


@pytest.mark.parametrize("name", LOVELACE)
def test_of_several_rows_that_fit_none_is_taken(name, capsys):
    rows = ["id,first_name,last_name,lms_user_id", "al,Ada,Lovelace,", "al2,Ada,Lovelace,"]
    STUDENTS.write_text("\n".join(rows))
    assert set(collected(pack(name))) == {"12345/padding/p.ipynb"}
    said = capsys.readouterr().out
    assert f"Several are called {name.split('_')[0]}: each number is taken for another" in said
    assert "lms_user_id" in said
    # What it says to do helps.
    STUDENTS.write_text("\n".join([*rows[:2], f"{rows[2]}7; 12345"]))
    shutil.rmtree("submitted")
    assert set(collected("class.zip")) == {"al2/padding/p.ipynb"}
    assert "Several" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("who", "row"),
    {
        "müllerlüdenscheidtjosé": "José,Müller-Lüdenscheidt",
        "oneilljr_mary_ann": "Mary Ann,O'Neill Jr.",
    }.items(),
)
def test_canvas_runs_names_together(who, row):
    STUDENTS.write_text(f"id,first_name,last_name\nit,{row}\nother,,\n", encoding="utf-8")
    assert set(collected(pack(f"{who}_5_1_p.ipynb"))) == {"it/padding/p.ipynb"}


def test_names_that_differ_in_their_vowels_only():
    STUDENTS.write_text("id,first_name,last_name\nit,राम,किमल\n", encoding="utf-8")
    collected(pack("राम कमल_5_assignsubmission_file_/p.ipynb"))
    assert [each.student for each in handed_in("padding")] == ["5"]


def test_who_handed_in_nothing_is_known_from_the_classs_table():
    STUDENTS.write_text("id,first_name,last_name\nada,Ada,Lovelace\nbo,Bo,Li\n,,\n")
    collected(pack("ada/padding.ipynb"))
    ((student, (missing, result)),) = absent("padding", handed_in("padding")).items()
    assert (student, missing.who, result) == (
        "bo",
        "Bo Li (bo)",
        {"aside": "Nothing was handed in."},
    )
    assert (missing.late, missing.path.exists()) == (None, False)


def test_canvas_numbers_are_the_same_in_each_assignment():
    pack("liwei_11_1_p.ipynb", path="one.zip")
    pack("liwei_12_2_p.ipynb", path="two.zip")
    assert set(collected("one.zip", "two.zip")) == {"11/padding/p.ipynb", "12/padding/p.ipynb"}


# What counts


def put(name: str, text: str | bytes, time: float = 0) -> None:
    path = Path("submitted/ada/padding", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (time, time))


def test_of_several_notebooks_the_right_one_counts():
    stride = json.dumps({"cells": [{"metadata": {"nbgrader": {"grade_id": "setup"}}}]})
    put("stride.ipynb", stride, 4)
    put("broken.ipynb", "{", 3)
    assert handed_in("padding")[0].path.name == "stride.ipynb"  # the latest
    put("mine.ipynb", bytes(Book("padding")), 1)
    put("mine too.ipynb", bytes(Book("padding")), 2)
    assert handed_in("padding")[0].path.name == "mine too.ipynb"  # by its content
    put("padding.ipynb", "{}", 5)
    put("essay.pdf", "")
    put("earlier-1/padding.ipynb", "")
    found = handed_in("padding")[0]
    assert found.path.name == "mine too.ipynb"
    others = ("broken.ipynb", "mine.ipynb", "padding.ipynb", "stride.ipynb")
    assert set(found.besides) == {
        "essay.pdf: is not a notebook",
        "earlier-1: is an earlier attempt",
        *(f"{name}: mine too.ipynb is graded" for name in others),
    }
    # The name decides only where the times do not: who copies files changes them by a little.
    put("padding.ipynb", bytes(Book("padding")), 1)
    assert handed_in("padding")[0].path.name == "padding.ipynb"
    put("mine too.ipynb", bytes(Book("padding")), 100)
    assert handed_in("padding")[0].path.name == "mine too.ipynb"


def test_one_notebook_is_not_read_to_see_which_counts(monkeypatch):
    read = []
    monkeypatch.setattr("course.grading.collect._grade_ids", lambda path: read.append(path) or {1})
    put("mine.ipynb", "{}")
    assert handed_in("padding")[0].path.name == "mine.ipynb"
    assert len(read) == 1  # the assignment


@pytest.mark.parametrize("made", ["{}/{}", "Ada_7_assignsubmission_file_/{1}"])
@pytest.mark.parametrize("unpacked", [True, False])
def test_the_times_in_a_zip_tell_the_latest_notebook(made, unpacked):
    book = bytes(Book("padding"))
    for name, day in {"padding.ipynb": 20, "padding (1).ipynb": 21, "other.ipynb": 19}.items():
        pack(made.format("ada", name), data=book, when=(2026, 11, day, 10, 0, 0))
    path = "class.zip"
    if unpacked:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                each = archive.extract(info, "folder")
                os.utime(each, (datetime(*info.date_time).timestamp(),) * 2)
        path = "folder"
    collected(path)
    found = handed_in("padding")[0].path
    assert found.name == "padding (1).ipynb"
    assert datetime.fromtimestamp(found.stat().st_mtime) == datetime(2026, 11, 21, 10)


TIMES = {
    "2026-11-20 18:00:01.000000 UTC": 1,
    "2026-11-20 18:00:01": 1,  # which is UTC for nbgrader
    "2026-11-20 13:00:01.500000 America/New_York": 1.5,
    "2026-11-20 19:00:00.000000 +0100": 0,
    "2026-11-20 19:00:01+01:00\n": 1,
    "2026-11-20 17:00:00 UTC": 0,
    "0001-01-01 00:00:00 +14:00": None,
    "9999-12-31 23:59:59 -14:00": None,
    "0001-01-01 00:00:00 Asia/Tokyo": None,
    "yesterday": None,
    "2026-11-20 18:00:01 PST": None,
    "2026-11-20 18:00:01 ../../../etc/passwd": None,
    "": None,
    "\xff" * 10**6: None,
}


@pytest.mark.parametrize("text", TIMES)
def test_who_is_late(text):
    put("padding.ipynb", "{}")
    put("timestamp.txt", text)
    due = datetime(2026, 11, 20, 18, tzinfo=UTC)
    found = handed_in("padding", due)[0]
    assert (found.when is None) == (TIMES[text] is None)
    assert found.late == TIMES[text]
    assert found.besides == (("timestamp.txt: tells no time",) if TIMES[text] is None else ())
    assert handed_in("padding")[0].late is None


def test_what_canvas_calls_late_stays_so(capsys):
    collected(pack("lovelaceada_LATE_1_2_padding.ipynb", "bobo_2_3_padding.ipynb"))
    assert "1: late, says Canvas, but not by how much\n" in capsys.readouterr().out
    ada, bo = handed_in("padding", datetime(2026, 11, 20, tzinfo=UTC))
    assert (ada.late, ada.lateness, ada.besides) == (None, "late, by how much is not known", ())
    assert (bo.late, bo.lateness) == (None, "")
    # Where times are known they say it.
    Path("submitted/1/padding/timestamp.txt").write_text("2026-11-20 01:30:00 UTC")
    when = datetime(2026, 11, 20, tzinfo=UTC)
    assert handed_in("padding", when)[0].lateness == "1.5 hours late"
    assert handed_in("padding", when.replace(day=21))[0].lateness == ""
    # It is that attempt which was late, and not the next.
    collected(pack("lovelaceada_1_4_padding.ipynb", path="again.zip"))
    assert handed_in("padding")[0].lateness == ""
    assert {path for path in everything() if "late.txt" in path} == {"1/padding/earlier-1/late.txt"}


@pytest.mark.parametrize("steps", range(4))
def test_a_run_that_was_killed_loses_no_word_of_canvas(monkeypatch, steps):
    pack("a_1_2_padding.ipynb", path="old.zip")
    pack("a_LATE_1_3_padding.ipynb", "a_LATE_1_3_more.ipynb")
    main(["padding", "old.zip"])
    rename, left = Path.rename, [None] * steps

    def killed(self, target):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        main(["padding", "class.zip"])
    monkeypatch.setattr(Path, "rename", rename)
    collected("class.zip")
    assert handed_in("padding")[0].called_late


def test_the_time_of_nbgraders_own_folders_is_kept(capsys):
    os.makedirs("inbox/ada/padding")
    Path("inbox/ada/padding/padding.ipynb").write_text("{}")
    os.makedirs("inbox/bo/padding")  # where nothing else is
    for student in ("ada", "bo"):
        Path(f"inbox/{student}/padding/timestamp.txt").write_text("2026-11-20 18:00:01 UTC")
    collected("inbox")
    said = capsys.readouterr().out
    assert said.count("The times of 1 students come from timestamp.txt in their folders") == 2
    assert said.count("timestamp") == said.count("could, too") == 2  # of two runs
    assert [each.student for each in handed_in("padding")] == ["ada", "bo"]
    assert handed_in("padding")[0].when == datetime(2026, 11, 20, 18, 0, 1, tzinfo=UTC)
    # Of a student's own making it tells nothing.
    collected(
        pack("Bo_1_assignsubmission_file_/p.ipynb", "Bo_1_assignsubmission_file_/timestamp.txt")
    )
    assert handed_in("padding")[0].when is None
    assert "timestamp.txt in their" not in capsys.readouterr().out


def test_people_are_told_the_name_too(folder):
    pack("Bo_8_file_/p.ipynb", path="more.zip")
    collected(pack("Ada Lovelace_7_assignsubmission_file_/p.ipynb"), "more.zip")
    assert [each.who for each in handed_in("padding")] == ["Ada Lovelace (7)", "Bo_8_file_"]
