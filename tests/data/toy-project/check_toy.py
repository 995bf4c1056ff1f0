"""What the toy's `test` stage runs."""


def test_one_thing():
    assert True


def test_another():
    assert True
