// Owns the bar that shows where a probability lies, and where the model abstains.
// SVG attributes, not style attributes: the service's Content-Security-Policy forbids the latter.
import { percent } from "./format";

type Props = { probability: number; band: readonly number[] };

export function Meter({ probability, band }: Props) {
  const [low = 0.5, high = 0.5] = band;
  const at = (share: number) => `${Math.min(1, Math.max(0, share)) * 100}%`;
  const middle = Math.min(0.7, Math.max(0.3, (low + high) / 2));
  return (
    <div className="meter">
      <p className="meter-caption" aria-hidden="true">
        <span>Probability of positive</span>
        <span className="figure">{percent(probability)}</span>
      </p>
      <div
        role="meter"
        aria-label="Probability of positive"
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={Number(probability.toFixed(4)) /* never "1e-7" */}
        aria-valuetext={`${percent(probability)}. Neutral from ${percent(low)} to ${percent(high)}.`}
      >
        <svg className="meter-bar" aria-hidden="true" focusable="false">
          <rect className="meter-negative" x="0" y="9" width={at((low + high) / 2)} height="8" rx="4" />
          <rect
            className="meter-positive"
            x={at((low + high) / 2)}
            y="9"
            width={at(1 - (low + high) / 2)}
            height="8"
            rx="4"
          />
          <rect className="meter-band" x={at(low)} y="9" width={at(Math.max(0, high - low))} height="8" />
          <line className="meter-edge" x1={at(low)} x2={at(low)} y1="6" y2="20" />
          <line className="meter-edge" x1={at(high)} x2={at(high)} y1="6" y2="20" />
          <circle className="meter-needle" cx={at(probability)} cy="13" r="8" />
          <text x="0" y="38">
            Negative
          </text>
          <text x={at(middle)} y="38" textAnchor="middle">
            Neutral
          </text>
          <text x="100%" y="38" textAnchor="end">
            Positive
          </text>
        </svg>
      </div>
    </div>
  );
}
