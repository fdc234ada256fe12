"""The wheel and the sdist, built here: what is in them, and that a fault is told."""

import shutil
import zipfile

import pytest

from tools.try_package import ROOT, faults_of_sdist, faults_of_wheel

wheel_builder = pytest.importorskip("hatchling.builders.wheel", reason="needs hatchling (dev)")
sdist_builder = pytest.importorskip("hatchling.builders.sdist", reason="needs hatchling (dev)")


def build(builder, folder):
    (path,) = builder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return type(ROOT)(path)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(wheel_builder.WheelBuilder, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_is_whole_and_has_nothing_else(wheel):
    assert list(faults_of_wheel(wheel)) == []


def test_the_sdist_has_all_and_no_cache(tmp_path):
    assert list(faults_of_sdist(build(sdist_builder.SdistBuilder, tmp_path))) == []


def test_a_fault_is_told(wheel, tmp_path):
    broken = tmp_path / wheel.name
    shutil.copy(wheel, broken)
    with zipfile.ZipFile(broken, "a") as archive:
        archive.writestr("tests/test_nothing.py", "")
    assert list(faults_of_wheel(broken)) == ["the wheel has tests/test_nothing.py"]
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("kvoicewalk/__init__.py", "")
    assert "the wheel lacks kvoicewalk/py.typed" in list(faults_of_wheel(broken))
