"""The language codes that Django 6.1 knows."""

# LANGUAGES of https://docs.djangoproject.com/en/6.1/ref/settings/#languages, and en-us, which Django's check of
# LANGUAGE_CODE (translation.E004) takes as well.
LANGUAGES = """
    af ar ar-dz ast az be bg bn br bs ca ckb cs cy da de dsb el en en-au en-gb en-us eo es es-ar es-co es-mx es-ni
    es-ve et eu fa fi fr fy ga gd gl he hi hr hsb ht hu hy ia id ig io is it ja ka kab kk km kn ko ky lb lt lv mk ml
    mn mr ms my nb ne nl nn os pa pl pt pt-br ro ru sk sl sq sr sr-latn sv sw ta te tg th tk tr tt udm ug uk ur uz
    vi zh-hans zh-hant
"""

LANGUAGE_CODES = LANGUAGES.split()
