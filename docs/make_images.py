"""Write simulated diffraction frames as PNG files, a folder for each class."""

from pathlib import Path

from PIL import Image

from featcls.simulate import make_dataset

images, labels, _ = make_dataset(100, seed=1)
for i, (image, label) in enumerate(zip(images, labels, strict=True)):
    folder = Path("images", label)
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(folder / f"{i:03}.png")
