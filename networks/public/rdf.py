"""RDF graphs of the open data, and how they are written. They have no blank nodes: the same data, the same bytes."""

import json
import re
from typing import Any

from django.conf import settings
from django.utils.encoding import iri_to_uri
from rdflib import OWL, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from networks.languages import SERBIAN, language_tag
from networks.partial_dates import PartialDate
from networks.public.tables import Label, interface_texts

DATE_TYPES = {"year": XSD.gYear, "month": XSD.gYearMonth, "day": XSD.date}
LOCAL_NAME = re.compile(r"(?<=[/#])[A-Za-z][A-Za-z0-9_-]*\Z")
WIKIDATA = Namespace("http://www.wikidata.org/entity/")


class DataGraph:
    """
    A graph with the prefixes {prefix: namespace}; subclasses fill it.

    Not a Graph of rdflib, whose indexes and writers take far longer for a thousand networks.
    """

    def __init__(self, prefixes: dict[str, Any]):
        self.prefixes = prefixes
        self.short = {str(namespace): prefix for prefix, namespace in prefixes.items()}
        self.subjects: dict[URIRef, dict[URIRef, set[URIRef | Literal]]] = {}

    def turtle(self) -> bytes:
        """Return the graph in Turtle, sorted."""
        return self.turtle_prefixes() + self.turtle_subjects()

    def turtle_prefixes(self) -> bytes:
        lines = (f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in sorted(self.prefixes.items()))
        return "".join(lines).encode()

    def turtle_subjects(self) -> bytes:
        """Return what is known of each subject, and forget it: a large graph is written subject by subject."""
        subjects, self.subjects = self.subjects, {}
        blocks = []
        for subject, predicates in sorted(subjects.items()):
            written = (
                f"{self.term(each)} {', '.join(sorted(map(self.term, values)))}"
                for each, values in sorted(predicates.items())
            )
            blocks.append(f"\n{self.term(subject)}\n    " + " ;\n    ".join(written) + " .\n")
        return "".join(blocks).encode()

    def term(self, value: Any) -> str:
        """Return a node as Turtle has it, with a prefix where that is possible."""
        if isinstance(value, Literal):
            datatype = f"^^{self.term(value.datatype)}" if value.datatype else ""
            return f"{Literal(str(value), lang=value.language).n3()}{datatype}"
        match = LOCAL_NAME.search(value)
        prefix = self.short.get(value[: match.start()]) if match else None
        return f"{prefix}:{match.group()}" if match and prefix else value.n3()

    def json_ld(self) -> bytes:
        graph = Graph(bind_namespaces="none")
        for prefix, namespace in self.prefixes.items():
            graph.bind(prefix, namespace)
        for subject, predicates in self.subjects.items():
            for predicate, values in predicates.items():
                for value in values:
                    graph.add((subject, predicate, value))
        text = graph.serialize(format="json-ld", context={name: str(each) for name, each in self.prefixes.items()})
        # The order has no meaning, and rdflib gives another one in each process.
        return f"{json.dumps(sort_json(json.loads(text)), ensure_ascii=False, indent=2)}\n".encode()

    def add(self, subject: URIRef, predicate: URIRef, *values: URIRef | Literal) -> None:
        if values:
            self.subjects.setdefault(subject, {}).setdefault(predicate, set()).update(values)

    def add_texts(self, subject: URIRef, predicate: URIRef, texts: dict[str, str]) -> None:
        self.add(subject, predicate, *(Literal(text, lang=each) for each, text in texts.items()))
        if serbian := texts.get(language_tag(SERBIAN)):
            # Portals look for "sr" only, and take any other text if they do not find it.
            self.add(subject, predicate, Literal(serbian, lang=SERBIAN))

    def add_concept(self, concept: URIRef, label: Label) -> None:
        self.add(concept, RDF.type, SKOS.Concept)
        self.add_texts(concept, SKOS.prefLabel, interface_texts(label))

    def add_wikidata(self, subject: URIRef, number: str) -> None:
        if number:
            self.add(subject, OWL.sameAs, WIKIDATA[number])


def site_uri(path: str) -> URIRef:
    """Return a URI under SITE_URL, for what has its identifier in the file at the path."""
    return URIRef(f"{settings.SITE_URL}{path}")


def web_uri(url: str) -> URIRef:
    """Return a URL, in which characters that RDF does not allow are escaped."""
    return URIRef(iri_to_uri(url))


def date_literal(value: PartialDate) -> Literal:
    """Return a date as exact as it is known: an xsd:gYear, an xsd:gYearMonth or an xsd:date."""
    return Literal(value.isoformat(), datatype=DATE_TYPES[value.precision], normalize=False)


def sort_json(value: Any) -> Any:
    """Return a JSON value with sorted keys and sorted lists."""
    if isinstance(value, dict):
        return {name: sort_json(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((sort_json(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
