using Llama.Cli.Runners;

namespace Llama.Cli.CommandLine;

/// <summary>What the commands work with.</summary>
/// <param name="Out">Where results go.</param>
/// <param name="Error">Where progress and errors go.</param>
/// <param name="Runners">What makes runners.</param>
/// <param name="Time">The clock.</param>
internal sealed record ToolContext(TextWriter Out, TextWriter Error, IRunnerFactory Runners, TimeProvider Time);
