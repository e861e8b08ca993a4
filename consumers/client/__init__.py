"""What a program needs to call the register: a method for each operation, typed by its own document.

``register.py`` and ``shapes.py`` are made from the OpenAPI document at set-up (``generate.py``);
``transport.py`` carries what they say. Standard library and orjson only: an office copies this folder, or
installs ``ambito``.
"""
