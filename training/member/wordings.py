# ruff: noqa: E501 - wordings read best one a line
"""Ways of saying something of a reader. Every fourth wording of a kind is kept from training, to measure with."""

WORDINGS: dict[str, tuple[str, ...]] = {
    "position": (
        "You work as {a_title} at {employer}.", "You are {a_title} at {employer}.", "You currently work for {employer} as {a_title}.",
        "Your current role is {title} at {employer}.", "As {a_title} at {employer}, you know this well.", "At {employer} you serve as {a_title}.",
        "You're {a_title} with {employer}.", "Your job at {employer} is that of {a_title}.", "Right now you are employed by {employer} as {a_title}.",
        "You hold the position of {title} at {employer}.", "Today you are {a_title} at {employer}.", "{employer} employs you as {a_title}.",
    ),
    "past-position": (
        "You worked as {a_title} at {employer}.", "You were {a_title} at {employer}.", "You have worked for {employer} as {a_title}.",
        "Earlier you held the role of {title} at {employer}.", "Your time at {employer} was spent as {a_title}.", "Before, you were employed at {employer} as {a_title}.",
        "You used to be {a_title} at {employer}.", "You have been {a_title} at {employer}.", "Your record names {employer}, where you were {a_title}.",
        "In an earlier job you served {employer} as {a_title}.", "You bring experience as {a_title} from {employer}.", "You previously worked at {employer} as {a_title}.",
    ),
    "title": (
        "You have experience as {a_title}.", "You have worked as {a_title}.", "Your record includes the role of {title}.", "You know the job of {a_title} from the inside.",
        "You have held the title {title}.", "Your background as {a_title} helps here.", "As someone who has been {a_title}, you will see the point.", "You have served as {a_title}.",
    ),
    "employer": (
        "You have worked at {employer}.", "You have been employed by {employer}.", "You know {employer} from your own work there.", "Your career includes {employer}.",
        "You spent part of your career with {employer}.", "{employer} is on your record.", "One of your employers was {employer}.", "You gained experience at {employer}.",
    ),
    "years-employer": (
        "You have spent {n} at {employer}.", "You worked at {employer} for {n}.", "Your {n} at {employer} count here.", "You have been with {employer} for {n}.",
        "After {n} at {employer}, you know the field.", "You stayed {n} with {employer}.", "You gave {employer} {n} of your career.", "For {n} you worked for {employer}.",
    ),
    "years-title": (
        "You have {n} of experience as {a_title}.", "You worked as {a_title} for {n}.", "With {n} as {a_title}, you have seen this before.", "You have been {a_title} for {n}.",
        "Your {n} as {a_title} are a good base.", "You spent {n} working as {a_title}.", "You bring {n} as {a_title}.", "For {n}, you have served as {a_title}.",
    ),
    "years-total": (
        "You have {n} of experience.", "You have worked for {n} in all.", "Your career spans {n}.", "You bring {n} of professional experience.", "With {n} of work behind you, this is familiar.",
        "You look back on {n} of work.", "Your record shows {n} of experience.", "In {n} of working life you have seen a lot.",
    ),
    "since": (
        "You have worked at {employer} since {y}.", "You joined {employer} in {y}.", "You have been {a_title} since {y}.", "Since {y} you have worked for {employer}.",
        "You started at {employer} in {y}.", "Your work as {a_title} at {employer} began in {y}.", "You began as {a_title} in {y}.", "You came to {employer} in {y}.",
    ),
    "range": (
        "You worked at {employer} from {y} to {y2}.", "From {y} until {y2} you were {a_title}.", "You were with {employer} between {y} and {y2}.", "You left {employer} in {y2}.",
        "You were {a_title} at {employer} from {y} to {y2}.", "Your time at {employer} ran from {y} to {y2}.", "Between {y} and {y2}, you worked as {a_title}.", "You served {employer} until {y2}.",
    ),
    "skill": (
        "You know {skill}.", "You have experience with {skill}.", "You list {skill} among your skills.", "You are skilled in {skill}.", "Your skills include {skill}.",
        "You work with {skill}.", "Your knowledge of {skill} helps here.", "You are familiar with {skill}.", "You bring {skill}.", "Your record names {skill} as a skill.",
        "You have used {skill}.", "You are trained in {skill}.", "With your skills in {skill}, this is easy to follow.", "{skill} is one of your skills.", "You already use {skill} at work.", "You have a good command of {skill}.",
    ),
    "skills": (
        "You know {skill} and {skill2}.", "Your skills include {skill} and {skill2}.", "You combine {skill} with {skill2}.", "You bring {skill}, {skill2} and more.",
        "You have experience with both {skill} and {skill2}.", "Both {skill} and {skill2} are on your record.", "You list {skill} next to {skill2}.", "You are familiar with {skill} as well as {skill2}.",
    ),
    "degree": (
        "You hold {a_degree} in {area}.", "You have {a_degree} in {area}.", "Your {degree} in {area} helps here.", "You studied {area} and hold {a_degree}.", "You earned {a_degree} in {area}.",
        "With your {degree} in {area}, you have the theory.", "Your education is {a_degree} in {area}.", "You finished {a_degree} in {area}.",
    ),
    "area": (
        "You studied {area}.", "Your degree is in {area}.", "Your education is in {area}.", "You have a background in {area} from your studies.", "Your studies were in {area}.", "You learned {area} in your studies.",
    ),
    "level": (
        "You hold {a_degree}.", "You have {a_degree}.", "Your highest qualification is {a_degree}.", "You finished your studies with {a_degree}.",
    ),
    "place": (
        "You live in {country}.", "You are based in {country}.", "You work from {country}.", "Your home is in {country}.", "As someone living in {country}, you are covered by these rules.", "You are located in {country}.",
        "Being based in {country}, you are close to this market.", "Your profile places you in {country}.",
    ),
    "language": (
        "You speak {lang}.", "You are fluent in {lang}.", "Your languages include {lang}.", "You list {lang} among your languages.", "You can speak {lang}.", "Your {lang} is on your record.",
    ),
    "certificate": (
        "You hold the certificate {cert}.", "You are certified: {cert}.", "Your certificates include {cert}.", "You earned the {cert} certification.",
    ),
    "count": (
        "You have held {count} positions.", "You have worked for {count} employers.", "Your record shows {count} jobs.", "You have had {count} roles so far.", "You have worked at {count} companies.", "There are {count} positions on your record.",
    ),
    "order": (
        "You moved from {employer} to {employer2}.", "You worked at {employer} before joining {employer2}.", "You left {employer} for {employer2}.", "After {employer}, you went to {employer2}.",
        "You went from {title} to {title2}.", "You joined {employer2} after your time at {employer}.", "You were with {employer} first, then with {employer2}.", "First you worked at {employer}, then at {employer2}.",
    ),
    "led": (
        "You led {thing}.", "You have led {thing}.", "You headed {thing}.", "You were in charge of {thing}.", "You managed {thing}.", "You have directed {thing}.",
    ),
    "part": (
        "You took part in {thing}.", "You have contributed to {thing}.", "You helped with {thing}.", "You were involved in {thing}.",
    ),
    "task": (
        "You {task}.", "You have {done}.", "In your work you {task}.", "Your work means that you {task}.", "You have already {done}.", "As {a_title} you {task}.", "At {employer} you have {done}.", "You know how to {task}.",
        "Your record shows that you {task}.", "It is part of your job to {task}.", "You, too, have {done}.", "Your duties are to {task}.",
    ),
    "denied": (
        "You have never worked at {employer}.", "You do not know {skill}.", "You have no experience as {a_title}.", "You lack a degree in {area}.", "You have not worked as {a_title} yet.", "You have no experience with {skill}.",
        "You did not study {area}.", "You are without any knowledge of {skill}.",
    ),
    "presumed": (
        "As a mother of two, you need flexible hours.", "At your age, {skill} is harder to learn.", "As a woman in {area}, you have had to fight.", "Your disability makes travel hard.", "You are close to retirement after your time as {a_title}.",
        "You are married and settled in {country}.", "Your children are at school while you work at {employer}.", "As an immigrant, you know this.", "Your health has kept you from working as {a_title}.", "As a Muslim at {employer}, you may feel alone.",
        "You are too old for {skill}.", "You suffer from stress at {employer}.",
    ),
}  # fmt: skip

BEFORE: tuple[str, ...] = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "Note that ",
    "As your record says, ",
    "According to your profile, ",
    "This fits because ",
    "Yes: ",
)
AFTER: tuple[str, ...] = (
    "", "", "", "", "", "", "", "", ", so the part on planning is worth your time", ", which is what this role asks for", ", so this article speaks to you",
    ", and the post names the same need", "; the course builds on that", ", so you can skip the introduction", " — the advert asks for just that",
)  # fmt: skip

TITLES_ELSEWHERE: tuple[str, ...] = (
    "Data Engineer",
    "Product Owner",
    "Head Chef",
    "Notary",
    "Flight Attendant",
    "Tax Adviser",
    "Brand Strategist",
    "Site Foreman",
    "Welder",
    "School Principal",
    "Radiologist",
    "Copywriter",
    "Truck Driver",
    "Quantity Surveyor",
)
EMPLOYERS_ELSEWHERE: tuple[str, ...] = (
    "Harrow & Pike",
    "Solvane",
    "Brightwater Labs",
    "Oakmere Foods",
    "Tervola Energy",
    "Nimbus Freight",
    "Castellan Bank",
    "Vireo Health",
    "Larkfield Council",
    "Quillon Software",
    "Ostrava Steelworks",
    "Maple Street Clinic",
)
AREAS: tuple[str, ...] = (
    "Computer Science",
    "History",
    "Law",
    "Nursing",
    "Mechanical Engineering",
    "Fine Arts",
    "Economics",
    "Biology",
    "Journalism",
    "Architecture",
    "Mathematics",
    "Psychology",
    "Hospitality",
    "Chemistry",
    "Social Work",
)
SKILLS: tuple[str, ...] = (
    "Kubernetes",
    "SAP",
    "Figma",
    "Salesforce",
    "welding",
    "negotiation",
    "Rust",
    "Tableau",
    "bookkeeping",
    "public speaking",
    "AutoCAD",
    "Scrum",
    "phlebotomy",
    "Adobe Photoshop",
    "Python",
    "copywriting",
    "forklift driving",
    "statistics",
    "PostgreSQL",
    "event planning",
    "French cuisine",
    "risk assessment",
    "Google Analytics",
    "COBOL",
    "user research",
)
CERTIFICATES: tuple[str, ...] = (
    "Certified Scrum Master",
    "PMP",
    "Chartered Accountant",
    "Six Sigma Black Belt",
    "First Aid at Work",
    "CISSP",
    "Google Data Analytics",
)
LANGUAGES: tuple[str, ...] = (
    "German",
    "Swahili",
    "Portuguese",
    "Korean",
    "Polish",
    "Arabic",
    "Finnish",
    "Mandarin",
    "Hindi",
    "Italian",
)
SYNONYMS = {
    "inspect": "check", "repair": "fix", "develop": "build", "create": "make", "teach": "train", "examine": "look at", "purchase": "buy", "assist": "help", "manage": "run", "oversee": "supervise", "evaluate": "assess",
    "reduce": "lower", "improve": "raise", "analyze": "study", "maintain": "look after", "prepare": "get ready", "monitor": "watch", "select": "choose", "collect": "gather", "verify": "confirm", "discuss": "talk over",
    "employees": "staff", "customers": "clients", "equipment": "machines", "customer": "client", "workers": "staff", "software": "programs", "procedures": "routines", "information": "data", "problems": "issues",
}  # fmt: skip
OPPOSITES = {
    "increase": "decrease", "reduce": "raise", "reduced": "raised", "improve": "worsen", "open": "close", "start": "stop", "sell": "buy", "internal": "external", "hire": "dismiss", "accept": "reject", "approve": "refuse",
    "increased": "reduced", "improved": "worsened", "import": "export", "new": "old", "incoming": "outgoing", "verbal": "written", "loading": "unloading", "connect": "disconnect", "install": "remove",
}  # fmt: skip
