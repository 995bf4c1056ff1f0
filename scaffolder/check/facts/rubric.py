"""What earns the points of the MLOps-zoomcamp rubric, but for its best practices, which are in `habits`.

One function a line of the rubric. Each returns the points, the files that earn them, and, in Markdown, what
the missing ones would take.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from scaffolder import evidence
from scaffolder.check.facts.share import without_evidence
from scaffolder.check.facts.traces import Traces, is_test, setting
from scaffolder.check.rule import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffolder.check.portfolio import Portfolio

WELL_DESCRIBED = 80  # words of prose; a problem, who has it and what is decided need about as many
DESCRIBED = 20

_YAML = r".*\.ya?ml"
TESTS_RUN = r"\b(pytest|tox|nox|unittest)\b|\bmake (test|check|ci)\b|\bnpm (run )?test\b"
PUSH = ("push", "pull_request", "pull_request_target", "merge_group")


class Earned(NamedTuple):
    """What a line of the rubric comes to."""

    points: int
    by: tuple[str, ...]  # the files that earn them
    missing: str = ""  # Markdown, one sentence or more


def earned(points: int, by: Iterable[str | None], missing: str = "") -> Earned:
    """Return points with the files that earn them, each once and without those that are not there."""
    return Earned(points, tuple(dict.fromkeys(path for path in by if path)), missing)


# ---- problem description

_FENCE = re.compile(r"\s*(```|~~~)")
_NO_PROSE = re.compile(r"\s*(\||<|!\[|\[!\[|#)")
_WORD = re.compile(r"[^\W\d_]{2,}")
_PROBLEM = re.compile(
    r"problem|objective|\bgoals?\b|motivation|business|use case|purpose|background|\bwhy\b", re.I
)


def problem(portfolio: Portfolio) -> Earned:
    """Count the words of the README's opening and of what stands below a heading about the problem."""
    name = portfolio.readme
    if name is None:
        return Earned(0, (), "there is no README; describe the problem in `README.md`")
    about = [one for one in portfolio.sections if one.level > 1 and _PROBLEM.search(one.title)]
    first = next((one.line for one in portfolio.sections if one.level > 1), None)
    opening = (portfolio.text(name) or "").split("\n")[: first - 1 if first else None]
    words = _words(opening) + sum(_words(one.text.split("\n")) for one in about)
    if about and words >= WELL_DESCRIBED:
        return Earned(2, (name,))
    wanted = (
        f"a heading such as *Problem statement* and, with the opening, {WELL_DESCRIBED} words in "
        f"{code(name)}: "
        f"what goes wrong today, for whom, and what is decided with the answer ({words} words are there"
        f"{'' if about else ', and no such heading'})"
    )
    return Earned(1, (name,), wanted) if words >= DESCRIBED else Earned(0, (), wanted)


def _words(lines: Sequence[str]) -> int:
    count, fenced = 0, False
    for line in without_evidence(lines):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not _NO_PROSE.match(line):
            count += len(_WORD.findall(line))
    return count


# ---- cloud and infrastructure as code

_INFRASTRUCTURE = (
    (r".*\.tf", r'^\s*(resource|module)\s+"'),
    (
        r".*\.(ya?ml|template)|(.*/)?[\w-]*(template|stack|cloudformation)[\w.-]*\.json",
        r"AWSTemplateFormatVersion|Transform['\"]?:\s*['\"]?AWS::Serverless",
    ),
    (r"(.*/)?\.ebextensions/[^/]+\.config", r"option_settings|Resources:"),
    (r"(.*/)?cdk\.json", r'"app"'),
    (r"(.*/)?Pulumi\.ya?ml", r"^runtime:"),
    (r"(.*/)?serverless\.ya?ml", r"^provider:"),
    (r".*\.bicep", r"^resource\s"),
    (r"(.*/)?[\w-]*(template|deploy)[\w.-]*\.json", r"schema\.management\.azure\.com/.*deploymentTemplate"),
)
_CONTAINERS = (
    (_YAML, r"^kind:\s*(Deployment|StatefulSet|CronJob|InferenceService)\b"),
    (r"(.*/)?Chart\.yaml", r"^apiVersion:"),
)
_PLATFORM = (
    (r"fly\.toml", r"^app\s*="),
    (r"render\.ya?ml", r"^services:"),
    (r"app\.ya?ml", r"^runtime:\s*python"),
)
_LOCALSTACK = ((r"(.*/)?(docker-)?compose[^/]*\.ya?ml", r"localstack"),)
DEPLOYS = (
    r"\b(terraform|tofu)\s.*\bapply\b|\bpulumi up\b|\bcdk deploy\b|\bsam deploy\b|\bcloudformation deploy\b"
    r"|\b(serverless|sls) deploy\b|\beb (deploy|create)\b|\bkubectl apply\b|\bhelm (upgrade|install)\b"
    r"|\bgcloud .*\bdeploy\b|\baz (containerapp|webapp|deployment|functionapp)\b|\bfly(ctl)? deploy\b"
    r"|^uses: (aws-actions/amazon-ecs-deploy|google-github-actions/deploy|azure/webapps-deploy"
    r"|superfly/flyctl)"
)
_ADDRESS = re.compile(
    r"https?://(?!your|example|my[-_.])[\w.-]+\."
    r"(elasticbeanstalk\.com|execute-api\.[\w-]+\.amazonaws\.com|elb\.amazonaws\.com|awsapprunner\.com"
    r"|on\.aws|run\.app"
    r"|appspot\.com|azurewebsites\.net|azurecontainerapps\.io|fly\.dev|onrender\.com|herokuapp\.com"
    r"|streamlit\.app"
    r"|hf\.space|railway\.app|modal\.run)\b",
    re.IGNORECASE,
)


def cloud(portfolio: Portfolio) -> Earned:
    """Look for infrastructure as code, for what runs containers, and for a sign that it was applied."""
    traces = Traces.of(portfolio)
    infrastructure = first_of(traces, _INFRASTRUCTURE)
    other = first_of(traces, (*_CONTAINERS, *_PLATFORM, *_LOCALSTACK))
    applied = _applied(portfolio)
    by = [infrastructure or other, applied]
    if infrastructure and applied:
        return earned(4, by)
    if infrastructure:
        return earned(
            2,
            by,
            "the infrastructure is described, and nothing shows that it was applied: let a workflow apply "
            "it, or "
            "put the address of the running service into the README",
        )
    wanted = (
        "describe the infrastructure as code (Terraform, CloudFormation, SAM, CDK, Pulumi) and apply "
        "it from there"
    )
    if by := [path for path in by if path]:
        return earned(2, by, wanted)
    return Earned(0, (), f"nothing runs in a cloud, nor in a stand-in for one such as localstack; {wanted}")


def _applied(portfolio: Portfolio) -> str | None:
    """Return the file that shows a deployment to a cloud."""
    step = Traces.of(portfolio).step(DEPLOYS)
    if step:
        return step.path
    if isinstance(setting(portfolio, "samconfig.toml", "default", "deploy", "parameters", "stack_name"), str):
        return "samconfig.toml"
    places = (portfolio.readme, "portfolio.toml")
    return next((path for path in places if path and _ADDRESS.search(portfolio.text(path) or "")), None)


def first_of(traces: Traces, wanted: Iterable[tuple[str, str]]) -> str | None:
    """Return the first file that is found by a pattern of its path and one of its text; see `first_with`."""
    return next((found for files, pattern in wanted if (found := traces.first_with(files, pattern))), None)


# ---- experiments and models

_TRACKING = {
    "mlflow": r"\b(start_run|log_(param|metric|artifact|input|figure|dict|table)s?|autolog"
    r"|set_experiment)\s*\(",
    "wandb": r"\bwandb\.(init|log|finish)\s*\(|\bWandbLogger\(|report_to\s*=",
    "neptune": r"\binit_run\s*\(|\binit\s*\(",
    "comet_ml": r"\bExperiment\s*\(|\bstart\s*\(",
    "clearml": r"\bTask\.init\s*\(",
    "aim": r"\bRun\s*\(",
    "dvclive": r"\bLive\s*\(",
    "trackio": r"\btrackio\.(init|log)\s*\(",
    "sacred": r"\bExperiment\s*\(",
    "tensorboardX": r"\bSummaryWriter\s*\(",
    "torch.utils.tensorboard": r"\bSummaryWriter\s*\(",
    "azureml": r"\.log\s*\(",
    "vertexai": r"\bstart_run\s*\(",
}
_REGISTRY = {
    "mlflow": r"\bregister_model\s*\(|\bregistered_model_name\s*=|\bcreate_(registered_model"
    r"|model_version)\s*\("
    r"|\btransition_model_version_stage\s*\(|\bset_registered_model_alias\s*\(",
    "wandb": r"\b(link_artifact|link_model|log_model)\s*\(|\bArtifact\s*\([^)]*model",
    "bentoml": r"\bsave_model\s*\(|\bmodels\.(create|get)\s*\(",
    "sagemaker": r"\bregister\s*\(|\bModelPackage",
    "google.cloud.aiplatform": r"\bModel\.upload\s*\(",
    "huggingface_hub": r"\b(push_to_hub|upload_folder|upload_file|create_repo)\s*\(",
    "transformers": r"\bpush_to_hub\s*\(",
    "hopsworks": r"\bget_model_registry\s*\(",
}
_STORE = (
    {"rollback", "roll_back"},
    {"save", "register", "publish", "promote"},
    {"versions", "list_versions", "current", "latest"},
)


def tracking(portfolio: Portfolio) -> Earned:
    """Look for a tracker of experiments and for a registry of models; each is half of the points."""
    traces = Traces.of(portfolio)
    tracked, registered = traces.using(_TRACKING), traces.using(_REGISTRY)
    tracker = tracked[0] if tracked else _dvc_metrics(portfolio)
    registry = registered[0] if registered else _own_store(portfolio)
    by = (tracker, registry)
    if tracker and registry:
        return earned(4, by)
    if tracker:
        return earned(
            2, by, "put each trained model into a registry, with its version and a way back to an earlier one"
        )
    only_last = (
        f"{code(evidence.METRICS)} keeps the last run alone; " if portfolio.evidence is not None else ""
    )
    wanted = (
        f"{only_last}let each training log its settings and scores to MLflow, Weights & Biases or the "
        "like, and keep them"
    )
    if registry:
        return earned(2, by, wanted)
    return Earned(0, (), f"{wanted}; and put the models into a registry with versions")


def _own_store(portfolio: Portfolio) -> str | None:
    """Return a module that keeps versions of a model, says which one is in use, and goes back."""
    for path, text in Traces.of(portfolio).sources:
        if "rollback" not in text and "roll_back" not in text:
            continue
        tree = portfolio.tree(path) if path.endswith(".py") else None
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)} if tree else set()
        if all(names & wanted for wanted in _STORE) and re.search(r"model", text, re.IGNORECASE):
            return path
    return None


def _dvc_metrics(portfolio: Portfolio) -> str | None:
    """Return DVC's pipeline where it keeps metrics and has run: each commit is an experiment then."""
    return (
        Traces.of(portfolio).first_with(r"dvc\.yaml", r"^\s*-?\s*metrics:")
        if portfolio.has("dvc.lock")
        else None
    )


# ---- orchestration

_ORCHESTRATORS = {
    "airflow": r"\bDAG\s*\(|@dag\b|@task\b",
    "prefect": r"@flow\b|\bFlow\s*\(|@prefect\.flow\b",
    "dagster": r"@(job|asset|op|graph|dg\.asset|dagster\.asset)\b|\bDefinitions\s*\(",
    "luigi": r"\bTask\b",
    "metaflow": r"\bFlowSpec\b",
    "kfp": r"@(dsl\.|kfp\.dsl\.)?(pipeline|component)\b",
    "flytekit": r"@(workflow|task)\b",
    "zenml": r"@(pipeline|step)\b",
    "kedro": r"\b(node|pipeline|Pipeline)\s*\(",
    "mage_ai": r"@(data_loader|transformer|data_exporter)\b",
}
_PIPELINE_FILES = (
    (r"(.*/)?dvc\.yaml", r"^stages:"),
    (r"(.*/)?Snakefile", r"^rule\s"),
    (_YAML, r"^kind:\s*(CronWorkflow|Workflow|WorkflowTemplate)\b"),
)
_ORCHESTRATOR_RUNS = (
    (r"(.*/)?(docker-)?compose[^/]*\.ya?ml", r"airflow|prefect|dagster|mageai|kestra|temporal"),
    (r"(.*/)?prefect\.ya?ml", r"^\s*-?\s*entrypoint:"),
    (r"(.*/)?(astro|airflow)[^/]*values\.ya?ml", r"executor:"),
    (_YAML, r"^kind:\s*CronWorkflow\b"),
)
_DEPLOYS_FLOW = (
    r"\bprefect deploy\b|\bairflow dags\b.*\bunpause\b|\bdagster-cloud\b|\bastro deploy\b"
    r"|\bargo cron create\b"
)
_SERVES_FLOW = {"prefect": r"\.(serve|deploy)\s*\(|\bbuild_from_flow\s*\("}
_TRAINS = (
    r"\bpython3? .*\b(train|retrain|evaluate|pipeline|daily)|\bdvc repro\b|\bmake (train|pipeline)\b"
    r"|\bportfolio (train|data)\b"
)


def orchestration(portfolio: Portfolio) -> Earned:
    """Look for a flow of an orchestrator, or a schedule that trains, and for where the orchestrator runs."""
    traces = Traces.of(portfolio)
    flow = traces.using(_ORCHESTRATORS)
    scheduled = traces.step(_TRAINS, on=("schedule",))
    basic = flow[0] if flow else first_of(traces, _PIPELINE_FILES) or (scheduled.path if scheduled else None)
    if basic is None:
        wanted = (
            "make the steps from data to model one flow of an orchestrator (Airflow, Prefect, "
            "Dagster), and deploy it"
        )
        return Earned(0, (), f"nothing runs the steps as one flow; {wanted}")
    served = traces.using(_SERVES_FLOW)
    step = traces.step(_DEPLOYS_FLOW)
    runs = served[0] if served else step.path if step else first_of(traces, _ORCHESTRATOR_RUNS)
    if runs:
        return earned(4, (basic, runs))
    return earned(
        2,
        (basic,),
        "the flow is there, and nothing shows that it is deployed: add what runs it on its schedule, such as "
        "Airflow in compose, a Prefect deployment or Argo",
    )


# ---- deployment

_SERVICES = {
    "fastapi": r"\bFastAPI\s*\(",
    "flask": r"\bFlask\s*\(",
    "starlette": r"\bStarlette\s*\(",
    "litestar": r"\bLitestar\s*\(",
    "django": r"\burlpatterns\b|\bget_wsgi_application\b",
    "aiohttp": r"\bweb\.Application\s*\(",
    "sanic": r"\bSanic\s*\(",
    "tornado": r"\bApplication\s*\(",
    "robyn": r"\bRobyn\s*\(",
    "streamlit": r"\bst\.|\bstreamlit\.",
    "gradio": r"\b(Interface|Blocks|ChatInterface)\s*\(",
    "dash": r"\bDash\s*\(",
    "mangum": r"\bMangum\s*\(",
    "aws_lambda_powertools": r"\bLogger\s*\(|\bResolver\s*\(",
    "http.server": r"\bHTTPServer\s*\(",
    "grpc": r"\bgrpc\.server\s*\(",
}
_TOOLS = {
    "bentoml": r"@bentoml\.|\bService\s*\(",
    "ray.serve": r"@serve\.deployment\b|\bserve\.run\s*\(",
    "litserve": r"\bLitServer\s*\(",
    "sagemaker": r"\.deploy\s*\(",
    "modal": r"@(app|stub)\.(function|cls)\b|@modal\.",
}
_TOOL_FILES = (
    (r"(.*/)?bentofile\.ya?ml", r"^service:"),
    (_YAML, r"^kind:\s*(InferenceService|SeldonDeployment)\b"),
    (_YAML, r"AWS::Serverless::Function"),
)
_IMAGES = r"(.*/)?((Docker|Container)file(\.[\w.-]+)?|[\w.-]+\.[Dd]ockerfile)"
_BATCH = re.compile(r"(.*/)?(batch|score|scoring|predict|inference)[^/]*\.(py|ipynb)")


def deployment(portfolio: Portfolio) -> Earned:
    """Look for code that serves predictions, and for an image or a tool that takes it to another machine."""
    traces = Traces.of(portfolio)
    tool = traces.using(_TOOLS)
    special = tool[0] if tool else first_of(traces, _TOOL_FILES)
    service = traces.using(_SERVICES)
    serves = service[0] if service else next((path for path in portfolio.files if _is_batch(path)), None)
    image = traces.first_with(_IMAGES, r"^\s*(?i:CMD|ENTRYPOINT)\b")
    if special or (serves and image):
        return earned(4, (image, special, serves))
    if serves:
        return earned(
            2,
            (serves,),
            f"{code(serves)} serves on this machine; put it into an image: a `Dockerfile` with a `CMD`",
        )
    return Earned(
        0,
        (),
        "no code that serves predictions; write a service or a batch job, and a `Dockerfile` that starts it",
    )


def _is_batch(path: str) -> bool:
    return bool(_BATCH.fullmatch(path)) and not is_test(path)


# ---- monitoring

_MONITORS = {
    "evidently": r"\b(Report|Dashboard|TestSuite|ColumnDriftMetric|DataDriftPreset|Profile)\s*\(",
    "whylogs": r"\bwhy\.log\s*\(|\blog\s*\(",
    "nannyml": r"\b\w*(Calculator|CBPE|DLE)\s*\(",
    "alibi_detect": r"\b\w*Drift\w*\s*\(",
    "deepchecks": r"\bCheck\b|_suite\s*\(|Drift",
    "arize": r"\bClient\s*\(",
    "prometheus_client": r"\b(Counter|Gauge|Histogram|Summary|CollectorRegistry|start_http_server"
    r"|generate_latest)\s*\(",
    "prometheus_fastapi_instrumentator": r"\bInstrumentator\s*\(",
    "opentelemetry": r"\bget_meter\s*\(",
}
_MONITOR_FILE = re.compile(r"(.*/)?[^/]*(drift|monitor)[^/]*\.(py|ipynb)")
_COMPARES = re.compile(
    r"\b(psi|ks_2samp|ks|chi2\w*|wasserstein\w*|jensen\w*|kolmogorov\w*)\s*\(", re.IGNORECASE
)
_MODEL_ALERTS = (
    (_YAML, r"^\s*-?\s*expr:.*(drift|psi|accuracy|confidence|predict|score)"),
    (r".*\.(ya?ml|template|tf)", r"(?i)metric_?name\W+[\w-]*(drift|psi|accuracy|confidence|score)"),
)
_WATCHES = r"\b\w*(drift|monitor)\w*\b"
_WATCHES_IN_FLOW = re.compile(r"\b\w*(drift|monitor)\w*\s*\(")
_TELLS = re.compile(r"\braise\b|\w*(slack|mail|alert|retrain|webhook|notif|roll_?back)\w*\s*\(")


def monitoring(portfolio: Portfolio) -> Earned:
    """Look for what watches the model, and for what acts on an alarm without anybody asking."""
    traces = Traces.of(portfolio)
    own = next(
        (path for path, text in traces.sources if _MONITOR_FILE.fullmatch(path) and _COMPARES.search(text)),
        None,
    )
    tool = traces.using(_MONITORS)
    watches = own or (tool[0] if tool else None)
    if watches is None:
        wanted = (
            "compare new data with the training's (Evidently, whylogs, a drift measure), on a "
            "schedule, with an alarm"
        )
        return Earned(0, (), f"nothing watches the model once it runs; {wanted}")
    scheduled = traces.step(_WATCHES, on=("schedule",))
    flows = (path for path, text in traces.sources if _is_flow(traces, path) and _acts(text))
    acts = scheduled.path if scheduled else next(flows, None) or first_of(traces, _MODEL_ALERTS)
    if acts:
        return earned(4, (watches, acts))
    return earned(
        2,
        (watches,),
        "it is measured, and nothing acts on it by itself: add a scheduled workflow, a task of the flow or "
        "an "
        "alert rule that tells somebody, trains again or goes back when a limit is passed",
    )


def _acts(text: str) -> bool:
    return bool(_WATCHES_IN_FLOW.search(text) and _TELLS.search(text))


def _is_flow(traces: Traces, path: str) -> bool:
    return any(traces.imports(path, module) for module in _ORCHESTRATORS)


# ---- reproducibility

_INSTALLS = re.compile(
    r"\b(pip3?|uv|poetry|conda|mamba|pdm|pipenv|pixi|hatch|rye)\b.*\b(install|sync|create|env|shell)\b"
    r"|\buv run\b|\bmake (setup|install|init|env|build)\b|\bdocker(-compose| compose)?\b.*\b(build|up|run)\b"
)
_RUNS = re.compile(
    r"\bpython3? |\bpy -m |\b(uv|poetry|pipenv|pdm|pixi|hatch) run\b|\bmake \w+|\bdocker(-compose"
    r"| compose)?\b.*\b(run|up)\b"
    r"|\b(streamlit|flask|dvc|jupyter|uvicorn|gunicorn|prefect|airflow|mlflow)\b |^\s*\$?\s*\./\w"
)
_GETS_DATA = re.compile(
    r"\b(kaggle|gdown|dvc pull)\b|\b(curl|wget)\b(?!.*(localhost|127\.0\.0\.1)).*https?://|-m \w+ data\b"
    r"|\b(make|portfolio) data\b|\b(get|download|fetch|generate|prepare|make|ingest)\w*[-_ /]?data",
    re.IGNORECASE,
)
_CODE_GETS_DATA = re.compile(
    r"\burlopen\s*\(|\burlretrieve\s*\(|\brequests\.get\s*\(|\bload_dataset\s*\(|\bfetch_\w+\s*\("
    r"|\bread_(csv|parquet)\s*\(\s*f?[\"']https?:"
)
_DATA_FILE = r"(.*/)?data(sets?)?/.+\.(csv|parquet|jsonl|tsv|xlsx|zip|gz|npz|feather|arrow)|.*\.dvc"
_LOCKS = (
    r"(.*/)?(uv|poetry|pdm|pixi)\.lock|(.*/)?(Pipfile|pylock[\w.-]*)\.(lock|toml)"
    r"|(.*/)?conda-lock\.ya?ml|(.*/)?requirements[\w.-]*\.lock"
)
_REQUIREMENTS = r"(.*/)?requirements[\w.-]*\.txt|(.*/)?requirements/[\w.-]+\.txt"
_ENVIRONMENTS = r"(.*/)?environment[\w.-]*\.ya?ml"
_DECLARES = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml", "environment.yaml")
_PINNED = re.compile(r"[\w.\[\],-]+\s*(==\s*[\w.!+*-]+|@\s*\S+)")


def reproducibility(portfolio: Portfolio) -> Earned:
    """Look for commands to install and to run, locked versions, a way to the data, and a sign of a run."""
    shown = list(_fenced(portfolio))
    installs, runs = (any(map(pattern.search, shown)) for pattern in (_INSTALLS, _RUNS))
    locked = _locked(portfolio)
    data = (
        any(map(_GETS_DATA.search, shown))
        or bool(portfolio.matching(_DATA_FILE))
        or _code_gets_data(portfolio)
    )
    works = _works(portfolio)
    wanted = [
        text
        for is_there, text in (
            (installs, "say in the README, as commands, how to install it"),
            (runs, "say in the README, as commands, how to run it"),
            (bool(data), "say how to get the data, or let a command do it"),
            (
                bool(locked),
                "give the exact version of every dependency: `uv lock`, `pip-compile` or `poetry lock`",
            ),
            (bool(works), "show that it works: a workflow that installs and tests it at each push"),
        )
        if not is_there
    ]
    if not wanted:
        return earned(4, (portfolio.readme, locked, works))
    if installs or runs:
        return earned(2, (portfolio.readme,), "; ".join(wanted))
    return Earned(0, (), "; ".join(wanted))


def _fenced(portfolio: Portfolio) -> Iterator[str]:
    """Yield the lines of the README's code blocks."""
    fenced = False
    for line in (portfolio.text(portfolio.readme) or "").split("\n") if portfolio.readme else ():
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced or line.startswith(("    ", "\t")):
            yield line[:500]


def _locked(portfolio: Portfolio) -> str | None:
    """Return the file that gives every version; None where there is none, or one of them is open.

    Where the repository itself declares what it needs, the lock of a folder in it is none of its own.
    """
    top = [*_DECLARES, *filter(_is_at_top, portfolio.matching(_REQUIREMENTS))]
    only_top = any(map(portfolio.has, top))
    locks, lists, environments = (
        [
            path
            for path in sorted(portfolio.matching(pattern), key=len)
            if (_is_at_top(path) or not only_top) and portfolio.begin(path, 1)
        ]
        for pattern in (_LOCKS, _REQUIREMENTS, _ENVIRONMENTS)
    )
    if locks:
        return locks[0]
    needed = [(path, lines) for path in lists if (lines := _requirements(portfolio, path))]
    if needed and all(_PINNED.match(line) for _, lines in needed for line in lines):
        return needed[0][0]
    return next((path for path in environments if _is_pinned(portfolio, path)), None)


def _is_at_top(path: str) -> bool:
    return "/" not in path.removeprefix("requirements/")


def _requirements(portfolio: Portfolio, path: str) -> list[str]:
    lines = (line.strip() for line in (portfolio.text(path) or "").split("\n"))
    return [line for line in lines if line and line[0] not in "#-" and not line.startswith("--hash")]


def _is_pinned(portfolio: Portfolio, path: str) -> bool:
    """Return True when an environment of conda names a version for all that it lists."""
    content = portfolio.yaml(path)
    found = content.get("dependencies") if isinstance(content, dict) else None
    listed = found if isinstance(found, list) else []
    names = [one for one in listed if isinstance(one, str)]
    pip = [one["pip"] for one in listed if isinstance(one, dict) and isinstance(one.get("pip"), list)]
    return (
        bool(names)
        and all(re.match(r"[\w.:-]+\s*==?\s*\d", one) or one == "pip" for one in names)
        and all(isinstance(one, str) and _PINNED.match(one) for ones in pip for one in ones)
    )


def _code_gets_data(portfolio: Portfolio) -> bool:
    return any(_CODE_GETS_DATA.search(text) for _, text in Traces.of(portfolio).sources)


def _works(portfolio: Portfolio) -> str | None:
    step = Traces.of(portfolio).step(TESTS_RUN, on=PUSH)
    return step.path if step else evidence.METRICS if portfolio.evidence is not None else None
