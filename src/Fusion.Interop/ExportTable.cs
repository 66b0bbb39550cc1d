using System.Runtime.InteropServices;

namespace Fusion.Interop;

/// <summary>Table of native functions by name, which a library exports or a program provides.</summary>
public interface IExportTable
{
    /// <summary>Finds a function.</summary>
    /// <param name="name">Name of the function, as a library exports it.</param>
    /// <param name="address">Address of the function, which has C's calling convention and its documented
    /// parameters.</param>
    /// <returns>Whether the table has the function.</returns>
    bool TryGet(string name, out nint address);
}

/// <summary>Functions that a native library exports.</summary>
/// <param name="library">Handle of the loaded library, which stays loaded.</param>
public sealed class LibraryExports(nint library) : IExportTable
{
    /// <inheritdoc/>
    public bool TryGet(string name, out nint address) => NativeLibrary.TryGetExport(library, name, out address);
}

/// <summary>Reads required functions from tables.</summary>
internal static class ExportTables
{
    /// <summary>Gets the address of a required function.</summary>
    /// <param name="exports">Table of functions.</param>
    /// <param name="name">Name of the function.</param>
    /// <exception cref="EntryPointNotFoundException">The table does not have the function.</exception>
    public static nint Get(this IExportTable exports, string name) => exports.TryGet(name, out var address)
        ? address : throw new EntryPointNotFoundException($"The function {name} is missing.");
}
