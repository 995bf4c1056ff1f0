"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

_LABELS = ("queue", "priority", "language", "intent")


def upgrade() -> None:
    """Make them."""
    _tickets()
    _conversations()
    _feedback()
    _handovers()
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("ticket_id", sa.String()),
        sa.Column("answer_id", sa.Integer()),
        sa.Column("handover_id", sa.Integer()),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them, those first that point to others."""
    for table in ("audit", "handover", "feedback", "citation", "answer", "message", "conversation", "ticket"):
        op.drop_table(table)


def _tickets() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", sa.String(200), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "body", "resolution")),
        *(sa.Column(name, sa.String(), nullable=False) for name in _LABELS),
        sa.Column("created", sa.BigInteger()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.Column("retracted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
    )
    op.create_index("ix_ticket_learned", "ticket", ["learned"])


def _conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint("token_hash", name="uq_conversation_token_hash"),
    )
    op.create_index("ix_conversation_last_at", "conversation", ["last_at"])
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("queue", sa.String()),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_message_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_conversation_id_id", "message", ["conversation_id", "id"])


def _feedback() -> None:
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
    )
    op.create_table(
        "citation",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name="fk_citation_answer_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_citation_ticket_id"),
        sa.PrimaryKeyConstraint("answer_id", "place", name="pk_citation"),
    )
    op.create_index("ix_citation_ticket_id", "citation", ["ticket_id"])
    op.create_table(
        "feedback",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name="fk_feedback_answer_id"),
        sa.PrimaryKeyConstraint("answer_id", name="pk_feedback"),
    )


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("waiting_in", sa.Integer()),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("queue_probability", sa.Float()),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("priority_probability", sa.Float()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("ticket_id", sa.String()),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_handover_conversation_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_handover_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_handover"),
        sa.UniqueConstraint("waiting_in", name="uq_handover_waiting_in"),
    )
    op.create_index("ix_handover_conversation_id", "handover", ["conversation_id"])
