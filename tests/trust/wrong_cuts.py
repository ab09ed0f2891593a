"""Drafts made only of words of their sources that say what no source says: splices, and qualifiers left out."""

PLANES = ("Airbus, which builds the A350, cut 500 jobs.", "Boeing, which builds the 737, hired 900 people.")
WARDS = ("Sally, who runs the north ward, praised the new rota.", "Ines, who runs the south ward, left the trust.")
FIRMS = ("In May the mill at Turku closed for good.", "In June the mill at Ghent hired new staff and grew.")

#: (draft, pieces of evidence)
SPLICES: list[tuple[str, tuple[str, ...]]] = [
    ("Airbus, which builds the 737, hired 900 people.", PLANES),
    ("Airbus, which builds the 737, hired 900 people.", (" ".join(PLANES),)),
    (
        "Airbus, which builds the 737, hired 900 people.",
        ("Airbus, which builds the A350, cut 500 jobs; Boeing, which builds the 737, hired 900 people.",),
    ),
    ("Airbus, which builds the A350, hired 900 people.", PLANES),
    ("Airbus, which builds the A350, cut 500 jobs, hired 900 people.", PLANES),
    ("Boeing, which builds the A350, cut 500 jobs.", PLANES),
    ("Sally, who runs the south ward, left the trust.", WARDS),
    ("Sally, who runs the south ward, left the trust.", (" ".join(WARDS),)),
    ("Sally, who runs the north ward, left the trust.", WARDS),
    ("The mill at Turku hired new staff and grew.", FIRMS),
    ("In May the mill at Ghent hired new staff and grew.", FIRMS),
    ("The mill at Ghent closed for good.", FIRMS),
    (
        "Italy, the largest buyer, doubled its imports.",
        ("Italy, the largest buyer, left.", "Chad doubled its imports."),
    ),
    ("Italy sold its last mill in the north.", ("Italy left the pact; Malta sold its last mill in the north.",)),
    ("Emily led the choir on its tour.", ("Emily retired in spring. Bo led the choir on its tour.",)),
    ("Beijing and the city of Oslo raised fares.", ("Beijing cut fares.", "Ghent and the city of Oslo raised fares.")),
    ("The drug cured the mice in the long trial.", ("The drug failed.", "The diet cured the mice in the long trial.")),
    ("Ana built the tool and sold it to the ward.", ("Ana built the tool.", "Bo made it and sold it to the ward.")),
    (
        "The pump stopped because the fuse had melted.",
        ("The pump stopped.", "It was dark because the fuse had melted."),
    ),
    ("The ferry sank and the crew was saved.", ("The ferry sank.", "The tug burned and the crew was saved.")),
]

#: (draft, source)
DROPPED: list[tuple[str, str]] = [
    *(
        ("The new bridge will open to cars on Monday.", f"{lead}, the new bridge will open to cars on Monday.")
        for lead in (
            "Barring another delay", "Ideally", "Theoretically", "Misleadingly", "Assuming the tests pass", "In theory",
            "Weather permitting", "Hopefully", "According to its makers", "In his dreams", "On paper", "Now cancelled",
            "If all goes well", "Pending approval", "As the advert has it", "Following approval", "Excluding holidays",
            "In one model", "Before it was cancelled", "Still unproven", "So the myth goes", "After payment of a toll",
        )
    ),
    *(
        ("Wages at the mill rose faster than prices.", f"{lead}, wages at the mill rose faster than prices.")
        for lead in (
            "Excluding bonuses", "Adjusting for inflation", "Ignoring the strike", "Counting overtime", "Officially",
            "Nominally", "At first", "Although critics dispute it", "In Ghent", "Among men", "For a while", "Wrongly",
        )
    ),
    *(
        ("The old spring at Ghent cures a cold in days.", f"The old spring at Ghent cures a cold in days, {tail}.")
        for tail in (
            "a myth that doctors fight", "or so the advert went", "or so they say", "the brochure claims", "a joke",
            "which doctors dispute", "which is a lie", "but doctors doubt it", "and that is a hoax", "as if by magic",
            "as long as it is warm", "when taken hot", "while stocks last", "though nobody has tested it",
            "after a full course of pills", "misleading many visitors", "assuming it is pure",
            "and critics scoff at the claim",
            "in the words of its owner", "an old wives’ tale", "although the evidence is thin", "in theory",
            "such as it was", "especially the young", "up to a point", "when the water was boiled",
            "so the story went",
            "where it was drunk with rest", "but others relapsed", "which took a leap of faith",
            "because it was rigged",
        )
    ),
    *(
        ("The study links the diet to a long life.", f"The study{insert} links the diet to a long life.")
        for insert in (
            ", now withdrawn,", " (a fake)", ", its makers hope,", " (since retracted)", ", a parody,", " – a hoax –",
            ", as yet unpublished,", ", which was forged,", ", which nobody trusts,", ", wrongly,", ", in mice,",
            ", who knows why,", ", misreading its data,", ", they say,", " (draft)", ", paid for by the diet’s makers,",
        )
    ),
    ("The new road is closed to cars.", "In winter, the new road is closed to cars."),
    ("The new road is closed to cars.", "The new road is closed to cars at night."),
    ("Entry to the new museum is free.", "During the week, entry to the new museum is free."),
    ("The old cure of the spa works well.", "The old “cure” of the spa works well."),
    ("The nurses who left were paid in full.", "The nurses, who left, were paid in full."),
    ("The drug works well in adult patients.", "The drug works well in adult patients; that was the myth."),
]  # fmt: skip

#: Controls: (draft, pieces of evidence, which piece supports it)
HARMLESS: list[tuple[str, tuple[str, ...], int]] = [
    ("Boeing, which builds the 737, hired 900 people.", PLANES, 1),
    ("Airbus, which builds the A350, cut 500 jobs.", PLANES, 0),
    ("Sally praised the new rota.", WARDS, 0),
    ("Ines left the trust last spring.", (WARDS[0], "Ines, who runs the south ward, left the trust last spring."), 1),
    ("The mill at Turku closed for good.", FIRMS, 0),
    ("The mill at Ghent hired new staff and grew.", (" ".join(FIRMS),), 0),
    ("The new bridge will open to cars.", ("However, the new bridge will open to cars.",), 0),
    ("The new bridge will open to cars.", ("For example, the new bridge will open to cars.",), 0),
    ("The new bridge will open to cars.", ("In fact, the new bridge will open to cars.",), 0),
    ("Wages at the mill rose faster than prices.", ("Last year, wages at the mill rose faster than prices.",), 0),
    ("Wages at the mill rose faster than prices.", ("Yesterday wages at the mill rose faster than prices.",), 0),
    ("Wages at the mill rose faster.", ("Wages at the mill rose faster, helping families.",), 0),
    ("Wages at the mill rose faster.", ("After the strike ended, wages at the mill rose faster.",), 0),
    ("The study links diet to a long life.", ("The study, which began in Oslo, links diet to a long life.",), 0),
    ("Ana Ruiz trained the new head nurse.", ("Ana Ruiz trained the new head nurse, who has won an award.",), 0),
    ("The team moved to a new office.", ("The team moved to a new office, and its rent fell by half.",), 0),
]  # fmt: skip
