using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Report of what the passes did to a graph, and of what nearly matched.</summary>
public sealed record FusionReport
{
    internal FusionReport(
        TensorGraph before, TensorGraph after, FusionPassConfig config, ImmutableArray<PassResult> passes,
        ImmutableArray<NearMiss> nearMisses) =>
        (Before, After, Config, Passes, NearMisses) = (before, after, config, passes, nearMisses);

    /// <summary>Graph of the model.</summary>
    public TensorGraph Before { get; internal init; }

    /// <summary>Graph after the passes.</summary>
    public TensorGraph After { get; internal init; }

    /// <summary>Configuration of the passes.</summary>
    public FusionPassConfig Config { get; internal init; }

    /// <summary>Result of each pass that was on, in their order.</summary>
    public ImmutableArray<PassResult> Passes { get; internal init; }

    /// <summary>Pairs of ops that nearly matched.</summary>
    public ImmutableArray<NearMiss> NearMisses { get; internal init; }

    /// <summary>Ops that were fused from several.</summary>
    public IEnumerable<RowOp> Fused => After.Ops.OfType<RowOp>().Where(op => !op.FusedFrom.IsEmpty);

    /// <summary>Fusions that were lost because no-op elimination is off (FUSION5005).</summary>
    public IEnumerable<NearMiss> Warnings => NearMisses.Where(miss => miss.IsWarning);

    /// <summary>Gets the number of matches of a pass; 0 if it was off.</summary>
    /// <param name="pass">Name of the pass.</param>
    public int CountOf(string pass) => Passes.FirstOrDefault(result => result.Pass == pass)?.Count ?? 0;

    /// <summary>Writes the report as text: passes, fused ops with their plans, near misses.</summary>
    /// <param name="target">Target to plan for; null for two ranks on GPUs of sm_90.</param>
    public string ToText(PlanTarget? target = null)
    {
        target ??= new();
        var text = new StringBuilder();
        Line($"{Before.Name}: {After.FusedAllReduces} of {After.AllReduces} all-reduces fused; " +
            $"{Before.Ops.Length} ops became {After.Ops.Length}");
        foreach (var name in FusionPasses.Names)
        {
            var pass = Passes.FirstOrDefault(result => result.Pass == name);
            Line($"  {name,-20} {(pass is null ? "off" : pass.Count.ToString(CultureInfo.InvariantCulture))}");
        }

        foreach (var op in Fused)
        {
            Line($"{op.Name}: {op.Mnemonic}");
            foreach (var step in op.FusedFrom) Line($"  {step.Pass}: '{step.First}' and '{step.Then}'");
            if (op.Group is null) continue;
            foreach (var tokens in target.Tokens)
            {
                var plan = target.Plan(op, tokens, Config);
                Line($"  {tokens,5} {(tokens == 1 ? "token: " : "tokens:")} {AllReduceDispatcher.Name(plan.Strategy)}, {Why(op, tokens, plan, target)}");
            }
        }

        foreach (var warning in Config.Warnings) Line($"warning: {warning}");
        foreach (var miss in NearMisses) Line($"{(miss.IsWarning ? "warning" : "near miss")}: {miss.Message}");
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    private string Why(RowOp op, int tokens, AllReducePlan plan, PlanTarget target) =>
        SizeLimit.Force(op, tokens, target.WorldSize, Config) is not null
            ? SizeLimit.Reason(op, tokens, target.WorldSize, Config) : plan.Reason;
}
