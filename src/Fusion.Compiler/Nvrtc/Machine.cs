namespace Fusion.Compiler.Nvrtc;

/// <summary>What the resolver sees of the machine; tests give it another one.</summary>
/// <param name="Variable">Value of an environment variable.</param>
/// <param name="Root">Where the file system starts for the usual folders: <c>/</c>.</param>
/// <param name="LoaderNames">The names to ask the loader for when nothing else was found.</param>
internal sealed record Machine(Func<string, string?> Variable, string Root, IReadOnlyList<string> LoaderNames)
{
    /// <summary>This machine.</summary>
    public static Machine This { get; } = new(Environment.GetEnvironmentVariable, "/", Interop.LibraryNames.Nvrtc);
}
