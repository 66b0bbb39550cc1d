namespace Fusion.Graph;

/// <summary>What a pass made of a graph.</summary>
/// <param name="Pass">Its name.</param>
/// <param name="Graph">The new graph.</param>
/// <param name="Count">How often it found what it looks for; 0 if the graph is as it was.</param>
public sealed record PassResult(string Pass, TensorGraph Graph, int Count);
