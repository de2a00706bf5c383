"""
What people may look for on the site of Niš, and the networks of which one should be found first.

Each line has the slugs of the networks, and queries for them. Those in Cyrillic are tried in Latin too, with and
without diacritics.
"""

QUERIES = """
avec | Асоцијација европских градова културе | Association of European Cities of Culture | AVEC | avec
avec | Alliance de Villes Européennes de Culture | alliance villes europeennes | villes culture
avec | европски градови културе | градови културе | градова културе | граду културе | Европа култура
avec | европске културе | European culture | european cities culture | cities of culture | city of culture
avec | стандарди квалитета | стандард квалитета | european standards | француски назив | одрживи развој култура
avec | асоцијација култура | асоцијацији градова културе | „градова културе“ | "градова културе" | «градова културе»
avec | “cities of culture” | asocijacija evropskh gradova | evropskih gradvoa kulture | kulutre gradovi

avec league-of-historical-cities | култура | културе | културу | културом | култури | културног | културно | наслеђе
avec league-of-historical-cities | наслеђа | наслеђем | наслеђу | историја наслеђе | culture | cultural | heritage
avec league-of-historical-cities | култура и наслеђе | culture and heritage | culture heritage | културно наслеђе
avec league-of-historical-cities | kulutra | kultrua | naslede | nasledje | naslđee | heritge | cultrue
avec league-of-historical-cities | историјско наслеђе

alda | Асоцијација агенција локалне демократије | ALDA | alda | АЛДА | локална демократија | локалне демократије
alda | локалну демократију | демократија | демократије | демократији | демократијом | демократски | democracy
alda | local democracy | Strasbourg | strasbourg | Стразбур | Стразбура | Стразбуру | Стразбуром | strazbur
alda | strasbur | Савет Европе | Савета Европе | савету Европе | невладина организација | невладине организације
alda | грађанство | активно грађанство | активног грађанства | активни грађани | партиципативна демократија
alda | активна демократија | агенција демократије | агенције локалне демократије | агенцији
alda | agencija lokalne demokratije | demokratjia | demokratije lokalne | партиципативну | partcipativna
alda | asocijacija agencija | starzbur | democarcy | „локалне демократије“ | “локалне демократије”
alda | "локалне демократије" | »локалне демократије«

balcinet | Мрежа балканских градова | BALCINET | balcinet | Балкински | балкански градови | балканских градова
balcinet | балканским градовима | балканска мрежа | мрежа балканских | Балкан градови | Balkan | балкан
balcinet | највећи градови | највећих градова | Солун | Солуна | Солуну | Солуном | solun | balkanskih gradva
balcinet | mreza balkanskih gradova | mreže balkanskih gradova | balcient | balcinte | balkasnkih gradova
balcinet | мрежи Балкана | "балканских градова" | градови Балкана | децембар 2000 | децембра 2000. године

ecad | Европски градови против дроге | European Cities Against Drugs | ECAD | ecad | ЕЦАД | дрога | дроге | дроги
ecad | дрогу | дрогом | дрогама | против дрога | европски против дроге | cities against drugs | against drug | drugs
ecad | drug abuse | злоупотреба дрога | злоупотребе дроге | Шведска | Шведске | Шведској | Шведску | Sweden | sweden
ecad | Европа без дроге | drug-free | drug free Europe | превенција | превенције | превенцију | здравље | здравља
ecad | здрављу | health | prevention | health and prevention | здравље и превенција | Истанбул | Истанбулу
ecad | Istanbul | 14. конференција градоначелника | конвенције Уједињених нација дрога | zdravlej | prevecija
ecad | prevnecija | svedska | šveđska | drugs convention | evropski gradovi protv droge | „против дроге“
ecad | "against drugs" | European Cities Agianst Drugs | istanubl | непрофитна организација | swedn

energy-cities | Energy Cities | energy cities | energy-cities | ENERGY CITIES | енергија | енергије | енергију
energy-cities | енергији | енергијом | енергетика | енергетска будућност | енергетску будућност
energy-cities | енергетске будућности | клима | климе | климу | енергија и клима | енергетска ефикасност
energy-cities | енергетске ефикасности | енергетску ефикасност | одржива енергија | одрживе енергије
energy-cities | одрживу енергију | стратегије одрживе енергије | energy | energy and climate | climate
energy-cities | energy efficiency | sustainable energy | energy future | local authorities energy | enrgija
energy-cities | energja | eneregija | energetska efikasnost | enegry | enrgy cities | "Energy Cities"
energy-cities | „Energy Cities“ | energi | 30 земаља | будућност

glocal-forum | Глокал форум | Glocal Forum | glokal forum | Глокал | глокал форуму | Глокал форума | форум | форума
glocal-forum | форуму | форумом | Forum | глокализација | глокализацијом | глокализације | светске могућности
glocal-forum | светских могућности | мислити глобално | деловати локално | пет континената | континенти
glocal-forum | 140 градова | glokl forum | glokal forim | glocl forum | јавни и приватни сектор | приватног сектора
glocal-forum | „деловати локално“ | локални приоритети | локалним приоритетима | међународна организација за сарадњу
glocal-forum | gloacl | glokalizacja

league-of-historical-cities | Лига историјских градова | League of Historical Cities | LHC | lhc | лига градова
league-of-historical-cities | лиге градова | лигу | лига | лигом | историјски градови | историјских градова
league-of-historical-cities | историјским градовима | историјског града | historical cities | historical city
league-of-historical-cities | historic cities | league | Кјото | Кјота | Кјоту | Кјотом | Kyoto | kyoto | Kjoto
league-of-historical-cities | лига историјских | "историјских градова" | “historical cities” | istorjiskih gradova
league-of-historical-cities | ligaa istorijskih | leauge of historical | светски мир разумевање
league-of-historical-cities | world peace understanding | размена знања | think tank | historcal cities | kiotо
league-of-historical-cities | Kyotto | istorijski gradvi | leage of historical cities | градови различитих култура

mayors-for-peace | Градоначелници за мир | градоначелници | градоначелник | градоначелника | градоначелнику
mayors-for-peace | градоначелницима | mayors for peace | мир | мира | миру | миром | peace | градоначелника за мир
mayors-for-peace | Хирошима | Хирошиме | Хирошими | Хирошиму | Хирошимом | Hiroshima | hiroshima | hirosima
mayors-for-peace | HIROSHIMA | Hirošima | hirosihma | hirshima | нуклеарно оружје | нуклеарног оружја
mayors-for-peace | нуклеарним оружјем | разоружање | разоружању | разоружања | Араки | Такеши Араки | Takeshi Araki
mayors-for-peace | Њујорк | Њујорку | Njujork | Уједињене нације разоружање | „за мир“ | "Градоначелници за мир"
mayors-for-peace | gradonacelnki | gradonacelici | gradonacelnicii | gradonaelnici | grdaonacelnici
mayors-for-peace | gradonačelnki za mir | nuklearno orzje | солидарност градова | укидање оружја | оружје
mayors-for-peace | nuklearno oružje mir | nuklaerno | hirošmia | градоначелнице

multiethnic-cities | Асоцијација мултиетничких градова југоисточне Европе | мултиетнички градови
multiethnic-cities | мултиетничких градова | мултиетничким градовима | мултиетнички град | југоисточна Европа
multiethnic-cities | југоисточне Европе | југоисточној Европи | југоисток Европе | Нови Сад | Новог Сада
multiethnic-cities | Новом Саду | Новим Садом | Novi Sad | novi sad | интеркултурност | интеркултурности
multiethnic-cities | интеркултурношћу | intercultural | intercultural life | мултиетничност | multietnickih gradva
multiethnic-cities | mutlietnickih | multietničkih | југоисточни градови | interkultrunost | intercutural
multiethnic-cities | multi ethnic intercultural | "Нови Сад" | „југоисточне Европе“ | «Novi Sad»
multiethnic-cities | асоцијација мултиетничких

naled | Национална алијанса за локални економски развој | National Alliance for Local Economic Development | НАЛЕД
naled | naled | NALED | Налед | национална алијанса | националне алијансе | националну алијансу | алијанса
naled | алијансе | алијанси | економски развој | економског развоја | економском развоју | локални економски развој
naled | локалног економског развоја | economic development | local economic development | national alliance
naled | привреда | привреде | привреду | companies | USAID | usaid | МЕГА | Вашингтон | Вашингтона | Вашингтону
naled | Washington | Vašington | Урбани институт | цивилно друштво | цивилног друштва | услови живота и рада
naled | alijanas | alijnsa | ekonomsik razvoj | ekonomski rzvoj | economc development | wasington
naled | companies and municipalities | alliance local development | "економски развој" | „локални економски развој“
naled | civil society | vasingotn

naled sctm | Београд | Београда | Београду | Београдом | Belgrade | belgrade | Beograd | beograd | Begorad | belgrde
naled sctm | општина | општине | општину | општинама | општинска | национална | национални | municipalities
naled sctm | municipality | national | belgrad

sctm | Стална конференција градова и општина | Standing Conference of Towns and Municipalities | СКГО | SKGO | skgo
sctm | SCTM | sctm | стална конференција | сталне конференције | сталну конференцију | конференција градова
sctm | конференција општина | локална самоуправа | локалне самоуправе | локалну самоуправу | локалној самоуправи
sctm | самоуправа | самоуправе | self-government | local self-government | standing conference
sctm | towns and municipalities | градови и општине | градова и општина | законодавац | Европска унија преговори
sctm | Европској унији | преговори о чланству | преговорима | European Union | negotiations | обука | обуке | обуку
sctm | training | stalna konferencja | stlana konferencija | konferencija gradva i opstina | samouprva
sctm | standing conferense | "стална конференција" | “Standing Conference” | „градова и општина“ | самоуправом
sctm | legislator | асоцијација 1953 | 1953
"""

# For each query the slugs
EXPECTED = [
    (query.strip(), {*slugs.split()})
    for slugs, *queries in (line.split("|") for line in QUERIES.strip().splitlines() if line)
    for query in queries
]

# Of networks in which Niš is not, and words that none has
FINDS_NOTHING = ["eurocities", "POLIS", "fondacija", "unesco", "Евроградови", "Медситис", "Covenant", "UCLG"]
