"""The outline of a person in 17 regions, as the skin score divides it, seen from the front: the subject's right is on the left."""

from attrs import frozen

WIDTH, HEIGHT = 320, 606


@frozen
class Region:
    """One site: its outline, where its digit stands, and whether it is drawn as the mirror image of the right side."""

    outline: str
    x: int
    y: int
    mirrored: bool = False


FIGURE = {"neck": "M146 88c2 10 0 17-6 22 13-3 27-3 40 0-6-5-8-12-6-22z", "width": WIDTH, "height": HEIGHT}

_MIDDLE = {
    "FACE": Region("M160 8c22 0 36 18 36 43 0 27-16 47-36 47s-36-20-36-47c0-25 14-43 36-43z", 160, 54),
    "CHEST": Region("M160 110c-20 0-40 4-54 12-3 30 0 58 5 86h98c5-28 8-56 5-86-14-8-34-12-54-12z", 160, 163),
    "ABD": Region("M112 213h96c-1 27 1 50 7 76-16 17-35 25-55 25s-39-8-55-25c6-26 8-49 7-76z", 160, 263),
}
_RIGHT = {
    "UARM": Region("M101 124c-14 2-23 12-26 27l-15 67c8 7 23 9 32 6l13-46c3-18 0-38-4-54z", 84, 180),
    "FARM": Region("M59 223c9 7 23 9 32 6l-17 77c-6 3-16 2-22-2z", 71, 268),
    "HAND": Region("M51 310c7 4 16 5 22 2l-1 27c-6 5-21 3-29-3z", 60, 329),
    "FING": Region("M42 342c8 6 22 8 29 3l-2 28c0 8-7 9-8 1l-1 8c-1 8-9 8-9 0v-2c-2 7-9 6-9-1v-5c-3 6-9 3-8-3z", 54, 364),
    "THI": Region("M104 296c15 15 33 22 52 24l-7 112c-10 5-25 5-35 0-11-46-15-94-10-136z", 129, 374),
    "LEG": Region("M114 438c10 5 24 5 34 0 6 30 1 68-6 106-6 4-15 4-21 0-10-38-13-74-7-106z", 131, 492),
    "FOOT": Region("M121 550c6 4 15 4 21 0l5 26c1 14-6 20-21 20-17 0-29-3-28-12 2-12 18-16 23-34z", 124, 580),
}

REGIONS: dict[str, Region] = {
    **_MIDDLE,
    **{f"{code}_R": region for code, region in _RIGHT.items()},
    **{f"{code}_L": Region(region.outline, WIDTH - region.x, region.y, True) for code, region in _RIGHT.items()},
}
