"""What the Lambda runtime imports: `sentiment.serving.aws.handler`.

The import loads the model, so it is paid for once per instance (the cold start) and not per request.
"""

from __future__ import annotations

import os
from pathlib import Path

from . import handler as _handler

handler = _handler.create(Path(os.environ.get("LAMBDA_TASK_ROOT") or Path.cwd()))
