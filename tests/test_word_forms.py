"""The forms of a word, the spellings of a foreign name, and slips of the finger are known to belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.public.word_forms import misspellings, serbian_stem, sound, stemmer
from networks.serbian import fold, to_latin

FORMS = """
култура културе култури културу културом културама
град града граду градом градови градова градовима градове
Београд Београда Београду Београдом
мрежа мреже мрежи мрежу мрежом мрежама
наслеђе наслеђа наслеђу наслеђем
градоначелник градоначелника градоначелнику градоначелници градоначелницима градоначелнике
општина општине општини општину општином општинама
европски европска европско европске европских европском европског европским европску
демократија демократије демократији демократију демократијом
локални локална локалне локалних локалног локалном локалну локалним локалан
удружење удружења удружењу удружењем удружењима
сарадња сарадње сарадњи сарадњу сарадњом
развој развоја развоју развојем
мир мира миру миром
енергија енергије енергији енергију енергијом
дрога дроге дроги дрогу дрогом дрогама
конференција конференције конференцији конференцију конференцијом конференцијама
пројекат пројекта пројекту пројектом пројекти пројеката пројектима пројекте
друштво друштва друштву друштвом друштава друштвима
податак податка податку подаци података подацима податке
почетак почетка почетку почеци почетака
задатак задатка задатку задаци задатака
центар центра центру центром центри центара центрима центре
програм програма програму програмом програми програмима
проблем проблема проблему проблемом проблеми проблемима
систем система систему системом системи системима
дијалог дијалога дијалогу дијалогом дијалози дијалозима дијалоге
предлог предлога предлогу предлози предлозима
језик језика језику језиком језици језицима језике
успех успеха успеху успеси успехом
лига лиге лиги лигу лигом лига
област области облашћу областима
младост младости младошћу
грађанин грађанина грађани грађана грађанима грађане
члан члана члану чланови чланова члановима чланове
чланство чланства чланству чланством чланстава
историјски историјских историјска историјске историјском историјског
Крагујевац Крагујевца Крагујевцу Крагујевцем
Чачак Чачка Чачку
Нови Новог Новом Новим
Стразбур Стразбура Стразбуру
Хирошима Хирошиме Хирошими Хирошиму Хирошимом
Кјото Кјота Кјоту
туризам туризма туризму туризмом
савез савеза савезу савезом савези савезима
служба службе служби службу службом
оружје оружја оружју оружјем
режим режима режиму режимом режими
земља земље земљи земљу земљом земаља земљама
кандидат кандидата кандидати кандидатима
фестивал фестивала фестивали фестивалима
искуство искуства искуству искустава искуствима
парк парка парку паркови паркова парковима
музеј музеја музеју музеји музејима
""".strip().splitlines()

OTHER_WORDS = """
град грађанин
мир мера
мрежа мраз
савез савет
развој разред
члан чланак
власт власник
општина општи
рад ред
програм прогон
дијалог дијагноза
Ниш нож
предлог предак
дрога друг
форум форма
дом дим
стандард станица
подаци подвиг
успех успон
жена цена
клима клин
музеј музика
село сила
""".strip().splitlines()

NAMES = (
    """
Hiroshima Хирошима/Strasbourg Стразбур/Kyoto Кјото/Geneva Женева/Barcelona Барселона/Bordeaux Бордо/Toulouse Тулуз
Lyon Лион/Marseille Марсеј/Warszawa Варшава/Wrocław Вроцлав/Chicago Чикаго/Manchester Манчестер/Bologna Болоња
Washington Вашингтон/Liège Лијеж/Reykjavik Рејкјавик/Québec Квебек/Hannover Хановер/Oxford Оксфорд
Liverpool Ливерпул/Luxembourg Луксембург/Coventry Ковентри/Guernica Герника/Vancouver Ванкувер/Kraków Краков
Hamburg Хамбург/Grenoble Гренобл/Nagasaki Нагасаки
""".replace("\n", "/")
    .strip("/")
    .split("/")
)


def spellings(text):
    """A text in Cyrillic, in Latin, and in Latin without diacritics."""
    latin = to_latin(text)
    return [text, latin, latin.translate(str.maketrans("čćšžČĆŠŽ", "ccszCCSZ")).replace("đ", "dj").replace("Đ", "Dj")]


@pytest.mark.parametrize("forms", FORMS)
def test_the_forms_of_a_word_have_one_stem_in_every_script(forms):
    assert len({serbian_stem(fold(form)) for each in spellings(forms) for form in each.split()}) == 1


@pytest.mark.parametrize("words", OTHER_WORDS)
def test_other_words_have_other_stems(words):
    first, second = words.split()
    assert serbian_stem(fold(first)) != serbian_stem(fold(second))


@pytest.mark.parametrize("words", ["cities city", "networks network", "member members", "associations association"])
def test_the_forms_of_an_english_word_have_one_stem(words):
    assert len({stemmer("en")(word) for word in words.split()}) == 1


@pytest.mark.parametrize("names", NAMES)
def test_a_foreign_name_sounds_as_serbian_writes_it(names):
    own, serbian = names.split()
    assert len({sound(fold(each)) for each in (own, *spellings(serbian))}) == 1


@pytest.mark.parametrize("inflected", ["Хирошими", "Стразбуру", "Вашингтона", "Кјоту"])
def test_also_in_its_other_cases(inflected):
    names = dict(reversed(each.split()) for each in NAMES)
    assert sound(fold(inflected)) in {sound(fold(name)) for name in names.values()}


@given(st.text(alphabet="абвгдђежзијклљмнњопрстћуфхцчџш", min_size=1, max_size=15))
def test_a_word_has_a_stem_and_a_sound_whatever_its_letters(word):
    for each in spellings(word):
        assert serbian_stem(fold(each)) == serbian_stem(fold(word)) != ""
        assert sound(fold(each)) == sound(fold(word)) != ""


LETTERS = st.sampled_from([*"abcdefghijklmnopqrstuvwxyz", "lj", "nj", "dz"])


@given(st.lists(LETTERS, min_size=5, max_size=12), LETTERS, st.data())
def test_one_mistake_is_one_mistake(letters, other, data):
    word, place = "".join(letters), data.draw(st.integers(0, len(letters) - 2))
    before, after = letters[:place], letters[place:]
    for typed in (
        [*before, other, *after[1:]],
        before + after[1:],
        [*before, other, *after],
        [*before, after[0], *after],
        [*before, after[1], after[0], *after[2:]],
    ):
        assert word in {*misspellings("".join(typed))}
