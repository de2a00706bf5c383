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
    """A graph with the prefixes {prefix: namespace}; subclasses fill it."""

    def __init__(self, prefixes: dict[str, Any]):
        self.prefixes = prefixes
        self.short = {str(namespace): prefix for prefix, namespace in prefixes.items()}
        self.graph = Graph(bind_namespaces="none")
        for prefix, namespace in prefixes.items():
            self.graph.bind(prefix, namespace)

    def turtle(self) -> bytes:
        """Return the graph in Turtle, sorted. The writer of rdflib takes far longer for a thousand networks."""
        subjects: dict[Any, dict[Any, list[str]]] = {}
        for subject, predicate, value in self.graph:
            subjects.setdefault(subject, {}).setdefault(predicate, []).append(self.term(value))
        lines = [f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in sorted(self.prefixes.items())]
        for subject, predicates in sorted(subjects.items()):
            written = (
                f"{self.term(each)} {', '.join(sorted(values))}" for each, values in sorted(predicates.items())
            )
            lines += ["", f"{self.term(subject)}\n    " + " ;\n    ".join(written) + " ."]
        return "\n".join([*lines, ""]).encode()

    def term(self, value: Any) -> str:
        """Return a node as Turtle has it, with a prefix where that is possible."""
        if isinstance(value, Literal):
            datatype = f"^^{self.term(value.datatype)}" if value.datatype else ""
            return f"{Literal(str(value), lang=value.language).n3()}{datatype}"
        match = LOCAL_NAME.search(value)
        prefix = self.short.get(value[: match.start()]) if match else None
        return f"{prefix}:{match.group()}" if match and prefix else value.n3()

    def json_ld(self) -> bytes:
        text = self.graph.serialize(
            format="json-ld", context={name: str(each) for name, each in self.prefixes.items()}
        )
        # The order has no meaning, and rdflib gives another one in each process.
        return f"{json.dumps(sort_json(json.loads(text)), ensure_ascii=False, indent=2)}\n".encode()

    def add(self, subject: URIRef, predicate: URIRef, *values: URIRef | Literal) -> None:
        for value in values:
            self.graph.add((subject, predicate, value))

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
