using System.Runtime.InteropServices;

namespace Fusion.Interop;

/// <summary>Functions by name. What is above it does not know whether a library exports them or a program has them.</summary>
public interface IExportTable
{
    /// <summary>Looks for a function.</summary>
    /// <param name="name">Its name, as a library exports it.</param>
    /// <param name="address">Its address: of a function in C's calling convention with the parameters that its documentation
    /// has.</param>
    /// <returns>Whether it is there.</returns>
    bool TryGet(string name, out nint address);
}

/// <summary>The functions that a native library exports.</summary>
/// <param name="library">Handle of the loaded library, which stays loaded.</param>
public sealed class LibraryExports(nint library) : IExportTable
{
    /// <inheritdoc/>
    public bool TryGet(string name, out nint address) => NativeLibrary.TryGetExport(library, name, out address);
}

/// <summary>Reading tables of functions.</summary>
internal static class ExportTables
{
    /// <summary>A function that must be there.</summary>
    /// <param name="exports">The table.</param>
    /// <param name="name">The function's name.</param>
    /// <exception cref="EntryPointNotFoundException">It is not.</exception>
    public static nint Get(this IExportTable exports, string name) => exports.TryGet(name, out var address)
        ? address : throw new EntryPointNotFoundException($"The function {name} is missing.");
}
